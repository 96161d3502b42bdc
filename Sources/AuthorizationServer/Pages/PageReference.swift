/// The request that a page answers: an error page shows it, so that its reader can name it to the operator, who finds
/// it in the log, in the audit trail and by `gatehouse explain`.
enum PageReference {
    /// The request that is being answered; `nil` outside requests of browsers.
    @TaskLocal static var current: RequestID?
}
