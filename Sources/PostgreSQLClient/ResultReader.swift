internal import CPostgreSQL

/// Reads results of libpq.
enum ResultReader {
    /// The rows; nil when a column has a type that is not understood.
    static func rows(_ result: OpaquePointer) -> [[Value]]? {
        let (rowCount, columnCount) = unsafe (PQntuples(result), PQnfields(result))
        var rows: [[Value]] = []
        rows.reserveCapacity(Int(rowCount))
        for row in 0..<max(rowCount, 0) {
            var values: [Value] = []
            values.reserveCapacity(Int(columnCount))
            for column in 0..<max(columnCount, 0) {
                guard let value = unsafe value(result, row, column) else { return nil }
                values.append(value)
            }
            rows.append(values)
        }
        return rows
    }

    private static func value(_ result: OpaquePointer, _ row: Int32, _ column: Int32) -> Value? {
        if unsafe PQgetisnull(result, row, column) == 1 { return .null }
        let count = Int(unsafe PQgetlength(result, row, column))
        guard let start = unsafe PQgetvalue(result, row, column) else { return nil }
        let bytes = unsafe UnsafeRawBufferPointer(start: start, count: count)
        return unsafe Value(column: Array(bytes), type: PQftype(result, column))
    }

    /// What the server says about an error; an error of libpq's own has an empty SQLSTATE.
    static func failure(_ result: OpaquePointer) -> ServerFailure {
        unsafe ServerFailure(sqlState: field(result, "C"), message: field(result, "M"))
    }

    /// A field of an error by its letter in the protocol.
    private static func field(_ result: OpaquePointer, _ letter: Unicode.Scalar) -> String {
        guard let text = unsafe PQresultErrorField(result, Int32(letter.value)) else { return "" }
        return unsafe String(cString: text)
    }
}
