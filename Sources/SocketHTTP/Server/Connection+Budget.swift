/// What a connection holds of requests that are not complete or not answered, charged to the server's budget.
extension Connection {
    /// Charges the budget for the bytes that are held now; false when it has no room for them.
    func charge(_ byteCount: Int) -> Bool {
        let wanted = byteCount < RequestBudget.step ? 0 : byteCount.roundedUp(to: RequestBudget.step)
        if wanted > chargedBytes {
            guard service.take(wanted - chargedBytes, for: self) else { return false }
            chargedBytes = wanted
        } else if wanted < chargedBytes {
            service.budget.giveBack(chargedBytes - wanted)
            chargedBytes = wanted
        }
        return true
    }

    /// Whether the connection holds bytes and waits for its client to send the rest.
    var isStalled: Bool { isReading && chargedBytes > 0 }

    /// Ends the wait for the rest, a request with 408, and returns the bytes that were held.
    func evict() -> Int {
        defer { chargedBytes = 0 }
        service.budget.giveBack(chargedBytes)
        timeOut()
        return chargedBytes
    }
}

extension Int {
    fileprivate func roundedUp(to step: Int) -> Int { (self + step - 1) / step * step }
}
