/// A parameter or a column.
package enum Value: Hashable, Sendable {
    /// No value.
    case null
    /// `bigint`; columns of smaller integers are read as it too.
    case integer(Int64)
    /// `text`
    case text(String)
    /// `bytea`
    case bytes([UInt8])
    /// `boolean`
    case boolean(Bool)
    /// `bytea[]`, a parameter only.
    case byteStrings([[UInt8]])
    /// `text[]`, a parameter only.
    case texts([String])
}

/// The types of the protocol that are understood, by their number in every PostgreSQL.
enum TypeNumber {
    static let boolean: UInt32 = 16
    static let bytea: UInt32 = 17
    static let bigint: UInt32 = 20
    static let smallint: UInt32 = 21
    static let integer: UInt32 = 23
    static let text: UInt32 = 25
    static let byteaList: UInt32 = 1001
    static let textList: UInt32 = 1009
    static let varchar: UInt32 = 1043
}

extension Value {
    /// The type of a parameter; 0 lets the database infer it.
    ///
    /// Said rather than inferred: beside a literal such as 1000 the database would infer `integer`, whose binary form
    /// is another.
    var type: UInt32 {
        switch self {
        case .null: 0
        case .integer: TypeNumber.bigint
        case .text: TypeNumber.text
        case .bytes: TypeNumber.bytea
        case .boolean: TypeNumber.boolean
        case .byteStrings: TypeNumber.byteaList
        case .texts: TypeNumber.textList
        }
    }

    /// The binary form of a parameter; nil for null.
    var parameter: [UInt8]? {
        switch self {
        case .null: nil
        case .integer(let value): Self.bigEndian(value)
        case .text(let value): Array(value.utf8)
        case .bytes(let value): value
        case .boolean(let value): [value ? 1 : 0]
        case .byteStrings(let values): Self.list(values, of: TypeNumber.bytea)
        case .texts(let values): Self.list(values.map { Array($0.utf8) }, of: TypeNumber.text)
        }
    }

    /// A column from its binary form; nil for a type that is not understood.
    init?(column bytes: [UInt8], type: UInt32) {
        switch type {
        case TypeNumber.boolean where bytes.count == 1: self = .boolean(bytes[0] != 0)
        case TypeNumber.bytea: self = .bytes(bytes)
        case TypeNumber.bigint where bytes.count == 8, TypeNumber.integer where bytes.count == 4,
            TypeNumber.smallint where bytes.count == 2:
            // The first byte has the sign.
            self = .integer(bytes.reduce(bytes[0] < 0x80 ? 0 : -1) { $0 << 8 | Int64($1) })
        case TypeNumber.text, TypeNumber.varchar: self = .text(String(decoding: bytes, as: UTF8.self))
        default: return nil
        }
    }

    private static func bigEndian(_ value: some FixedWidthInteger) -> [UInt8] {
        (1...value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> (value.bitWidth - 8 * $0)) }
    }

    /// An array of one dimension: dimensions, flags, type of the elements, count, lower bound, elements.
    private static func list(_ elements: [[UInt8]], of type: UInt32) -> [UInt8] {
        guard !elements.isEmpty else { return bigEndian(Int32(0)) + bigEndian(Int32(0)) + bigEndian(type) }
        var bytes = bigEndian(Int32(1)) + bigEndian(Int32(0)) + bigEndian(type)
        bytes += bigEndian(Int32(truncatingIfNeeded: elements.count)) + bigEndian(Int32(1))
        for element in elements { bytes += bigEndian(Int32(truncatingIfNeeded: element.count)) + element }
        return bytes
    }
}
