import DurableLog

/// How often per second the disk completes a small synchronized write to a file with reserved space.
enum DiskRate {
    static func measure(in directory: String, seconds: Int) throws -> Double {
        let disk = POSIXFileSystem()
        let path = directory + "/rate"
        let file = try disk.createFile(path)
        try file.allocate(64 << 20)
        try file.synchronizeData()
        let bytes = [UInt8](repeating: 0x5A, count: 512)
        let start = ContinuousClock.now
        var count = 0
        while ContinuousClock.now < start + .seconds(seconds) {
            try file.write(bytes, at: UInt64(count * bytes.count) % (64 << 20))
            try file.synchronizeData()
            count += 1
        }
        let elapsed = ContinuousClock.now - start
        try disk.remove(path)
        return Double(count) / (elapsed / .seconds(1))
    }
}
