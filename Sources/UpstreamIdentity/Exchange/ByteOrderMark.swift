extension [UInt8] {
    /// A text without the byte order mark of UTF-8, with which some web servers begin their files.
    ///
    /// RFC 8259 §8.1 allows a reader of JSON to ignore it.
    var withoutByteOrderMark: [UInt8] {
        starts(with: [0xEF, 0xBB, 0xBF]) ? Array(dropFirst(3)) : self
    }
}
