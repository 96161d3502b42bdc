internal import COpenSSL
internal import Glibc
internal import Synchronization

/// OpenSSL contexts that nobody uses now, kept for the next use: making one costs allocations and look-ups by name.
///
/// Each context has one user at a time: an exchange makes the taker its only owner. Threads that meet in a slot pay for
/// another context, 0.1 µs; a lock would cost as much and make them wait.
@safe
final class IdleContexts: Sendable {
    /// The addresses of idle contexts, 0 for none.
    private let slots = InlineArray<16, Atomic<UInt>> { _ in Atomic(0) }
    private let free: @Sendable (OpaquePointer) -> Void

    /// No contexts yet; `free` frees one.
    init(free: @escaping @Sendable (OpaquePointer) -> Void) {
        unsafe self.free = free
    }

    deinit {
        for slot in slots.indices {
            if let context = unsafe OpaquePointer(bitPattern: slots[slot].load(ordering: .acquiring)) {
                unsafe free(context)
            }
        }
    }

    /// Lends a context of the caller's own to `use`, an idle one or what `make` makes; `nil` when that is none.
    func withContext<Result>(make: () -> OpaquePointer?, _ use: (OpaquePointer) -> Result?) -> Result? {
        let slot = slotOfThisThread
        let kept = unsafe OpaquePointer(bitPattern: slots[slot].exchange(0, ordering: .acquiring))
        guard let context = unsafe kept ?? make() else { return nil }
        defer {
            let surplus = slots[slot].exchange(UInt(bitPattern: context), ordering: .acquiringAndReleasing)
            if let surplus = unsafe OpaquePointer(bitPattern: surplus) { unsafe free(surplus) }
        }
        return unsafe use(context)
    }

    /// Threads lie pages apart, so their addresses spread them over the slots.
    private var slotOfThisThread: Int {
        let thread = UInt(pthread_self())
        return Int((thread >> 12) ^ (thread >> 16) ^ (thread >> 20)) % slots.count
    }
}
