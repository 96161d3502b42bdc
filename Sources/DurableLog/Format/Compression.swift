private import CZlib

/// zlib failed: out of memory, or the bytes are not what was deflated.
struct CompressionError: Error {}

/// Deflates the pieces of a snapshot, each on its own, reusing one working memory.
@safe final class Deflater {
    private let stream: UnsafeMutablePointer<z_stream>

    /// Prepares for a level: 1 is fastest, 9 smallest.
    init(level: Int32) throws(CompressionError) {
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        // 15 bits of window, negative for raw deflate: the seal replaces zlib's own header and checksum.
        guard unsafe gatehouse_deflateInit2(stream, level, -15) == Z_OK else {
            unsafe stream.deallocate()
            throw CompressionError()
        }
    }

    deinit {
        unsafe deflateEnd(stream)
        unsafe stream.deallocate()
    }

    /// The deflated form of bytes.
    func deflate(_ bytes: [UInt8]) throws(CompressionError) -> [UInt8] {
        guard unsafe deflateReset(stream) == Z_OK else { throw CompressionError() }
        let capacity = Int(unsafe deflateBound(stream, UInt(bytes.count)))
        var result = Z_STREAM_ERROR
        let deflated = unsafe bytes.withUnsafeBufferPointer { input in
            unsafe [UInt8](unsafeUninitializedCapacity: capacity) { output, filled in
                unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
                unsafe stream.pointee.avail_in = UInt32(input.count)
                unsafe stream.pointee.next_out = output.baseAddress
                unsafe stream.pointee.avail_out = UInt32(output.count)
                result = unsafe CZlib.deflate(stream, Z_FINISH)
                filled = unsafe output.count - Int(stream.pointee.avail_out)
            }
        }
        guard result == Z_STREAM_END else { throw CompressionError() }
        return deflated
    }
}

/// Inflates the output of a `Deflater`.
@safe final class Inflater {
    private let stream: UnsafeMutablePointer<z_stream>

    init() throws(CompressionError) {
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        guard unsafe gatehouse_inflateInit2(stream, -15) == Z_OK else {
            unsafe stream.deallocate()
            throw CompressionError()
        }
    }

    deinit {
        unsafe inflateEnd(stream)
        unsafe stream.deallocate()
    }

    /// The original bytes, whose number the caller must know exactly.
    func inflate(_ bytes: ArraySlice<UInt8>, count: Int) throws(CompressionError) -> [UInt8] {
        guard unsafe inflateReset(stream) == Z_OK else { throw CompressionError() }
        var result = Z_STREAM_ERROR
        let inflated = unsafe bytes.withUnsafeBufferPointer { input in
            unsafe [UInt8](unsafeUninitializedCapacity: count) { output, filled in
                unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
                unsafe stream.pointee.avail_in = UInt32(input.count)
                unsafe stream.pointee.next_out = output.baseAddress
                unsafe stream.pointee.avail_out = UInt32(output.count)
                result = unsafe CZlib.inflate(stream, Z_FINISH)
                filled = unsafe output.count - Int(stream.pointee.avail_out)
            }
        }
        guard result == Z_STREAM_END, inflated.count == count, unsafe stream.pointee.avail_in == 0 else {
            throw CompressionError()
        }
        return inflated
    }
}
