import FuzzTargets

// SAFETY: libFuzzer passes `count` readable bytes at `start`, which live until this function returns.
/// libFuzzer's entry: examines one input.
@_cdecl("LLVMFuzzerTestOneInput")
public func examineInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: count))
    if let finding = Driver.target.examine(bytes) { fatalError(finding) }
    return 0
}
