package import OAuthState

/// For tests of what a store takes back: an answer that cannot be made.
extension Receipt {
    private struct AnswerFailed: StoreFailure {
        init() {}
        init(_ error: StoreError) {}
    }

    /// Fails while the answer of the change is made, as a grant does whose token cannot be signed.
    package func failAnswering() async {
        // The failure is what the caller wants; what the store does about it is what the caller looks at.
        try? await answering { (_) throws(AnswerFailed) in throw AnswerFailed() }
    }
}
