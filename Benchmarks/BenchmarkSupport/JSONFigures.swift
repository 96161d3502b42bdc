package import Foundation

/// The numbers in a benchmark's JSON output, found by their paths.
///
/// A path names members with slashes between them; an element of an array is named by its `id` or `name`, else by its
/// number: `rows/refresh/per_second`.
package struct JSONFigures: Sendable {
    private let figures: [String: Double]

    /// Finds the numbers of a text that is JSON.
    package init(_ json: Data) throws {
        var figures: [String: Double] = [:]
        Self.collect(try JSONSerialization.jsonObject(with: json), at: "", into: &figures)
        self.figures = figures
    }

    /// The number at a path.
    package subscript(path: String) -> Double? { figures[path] }

    private static func collect(_ value: Any, at path: String, into figures: inout [String: Double]) {
        func below(_ name: String) -> String { path.isEmpty ? name : path + "/" + name }
        switch value {
        case let object as [String: Any]:
            for (name, member) in object { collect(member, at: below(name), into: &figures) }
        case let array as [Any]:
            for (index, element) in array.enumerated() {
                let members = element as? [String: Any]
                let name = members?["id"] as? String ?? members?["name"] as? String
                collect(element, at: below(name ?? "\(index)"), into: &figures)
            }
        case let number as NSNumber:
            figures[path] = number.doubleValue
        default:
            break
        }
    }
}
