import Glibc

/// Lets one thread sleep until another has work for it.
// SAFETY: the pointer never changes and its memory exists as long as this object; `isPosted` is touched under the mutex
// only, and mutex and condition are made for several threads.
@safe package final class WakeSignal: @unchecked Sendable {
    @safe private struct Parts {
        var mutex = unsafe pthread_mutex_t()
        var condition = pthread_cond_t()
        var isPosted = false
    }

    private let parts: UnsafeMutablePointer<Parts>

    /// A signal that was not posted.
    package init() {
        unsafe parts = .allocate(capacity: 1)
        unsafe parts.initialize(to: Parts())
        unsafe pthread_mutex_init(&parts.pointee.mutex, nil)
        var attributes = pthread_condattr_t()
        unsafe pthread_condattr_init(&attributes)
        // A change of the wall clock must not prolong a wait.
        unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        unsafe pthread_cond_init(&parts.pointee.condition, &attributes)
        unsafe pthread_condattr_destroy(&attributes)
    }

    deinit {
        unsafe pthread_cond_destroy(&parts.pointee.condition)
        unsafe pthread_mutex_destroy(&parts.pointee.mutex)
        unsafe parts.deinitialize(count: 1)
        unsafe parts.deallocate()
    }

    /// Ends one wait, the current one or the next; several posts before a wait count as one.
    package func post() {
        unsafe pthread_mutex_lock(&parts.pointee.mutex)
        unsafe parts.pointee.isPosted = true
        unsafe pthread_cond_signal(&parts.pointee.condition)
        unsafe pthread_mutex_unlock(&parts.pointee.mutex)
    }

    /// Returns after a `post`.
    package func wait() {
        _ = wait(until: nil)
    }

    /// Returns after a `post`, or when the time has passed: whether there was a `post`.
    @discardableResult
    package func wait(for duration: Duration) -> Bool {
        var deadline = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &deadline)
        let (seconds, attoseconds) = max(duration, .zero).components
        deadline.tv_sec += Int(seconds)
        deadline.tv_nsec += Int(attoseconds / 1_000_000_000)
        if deadline.tv_nsec >= 1_000_000_000 {
            deadline.tv_sec += 1
            deadline.tv_nsec -= 1_000_000_000
        }
        return wait(until: deadline)
    }

    private func wait(until deadline: timespec?) -> Bool {
        unsafe pthread_mutex_lock(&parts.pointee.mutex)
        while unsafe !parts.pointee.isPosted {
            if var deadline {
                let code = unsafe pthread_cond_timedwait(&parts.pointee.condition, &parts.pointee.mutex, &deadline)
                if code != 0 { break }
            } else {
                unsafe pthread_cond_wait(&parts.pointee.condition, &parts.pointee.mutex)
            }
        }
        let wasPosted = unsafe parts.pointee.isPosted
        unsafe parts.pointee.isPosted = false
        unsafe pthread_mutex_unlock(&parts.pointee.mutex)
        return wasPosted
    }
}
