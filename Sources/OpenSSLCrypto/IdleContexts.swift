internal import COpenSSL
internal import Glibc
internal import Synchronization

/// Idle OpenSSL contexts, kept for the next use: making one costs allocations and look-ups by name.
///
/// Each context has one user at a time, because an atomic exchange makes the taker its only owner. Threads that meet in
/// a slot make another context, which costs 0.1 µs; a lock would cost as much and block them.
@safe
final class IdleContexts: Sendable {
    /// The addresses of idle contexts, 0 for an empty slot.
    private let slots = InlineArray<16, Atomic<UInt>> { _ in Atomic(0) }
    private let free: @Sendable (OpaquePointer) -> Void

    /// An empty store; `free` releases one context.
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

    /// Passes `use` a context that no other caller has: an idle one, or one from `make`.
    ///
    /// `nil` when `make` fails.
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

    /// Thread descriptors are pages apart, so their addresses spread threads over the slots.
    private var slotOfThisThread: Int {
        let thread = UInt(pthread_self())
        return Int((thread >> 12) ^ (thread >> 16) ^ (thread >> 20)) % slots.count
    }
}
