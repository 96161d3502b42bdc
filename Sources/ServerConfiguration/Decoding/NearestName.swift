/// Finds the known name that a misspelled one probably meant.
package enum NearestName {
    /// The candidate with the fewest edits, if few enough to be a slip of the pen.
    package static func of(_ name: String, among candidates: [String]) -> String? {
        let ranked = candidates.map { (name: $0, edits: edits(Array(name.utf8), Array($0.utf8))) }
        guard let best = ranked.min(by: { $0.edits < $1.edits }) else { return nil }
        return best.edits <= max(2, best.name.utf8.count / 3) ? best.name : nil
    }

    /// Levenshtein's distance, one row at a time; names longer than any key are not worth the work.
    private static func edits(_ a: [UInt8], _ b: [UInt8]) -> Int {
        guard a.count <= 100 else { return Int.max }
        var row = Array(0...b.count)
        for (i, x) in a.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, y) in b.enumerated() {
                let above = row[j + 1]
                row[j + 1] = min(above + 1, row[j] + 1, diagonal + (x == y ? 0 : 1))
                diagonal = above
            }
        }
        return row[b.count]
    }
}
