package import Logging

/// How the server reports to its operator: metrics, the audit trail, the log.
package struct Instruments: Sendable {
    /// Counters and durations.
    package let metrics: ServerMetrics
    /// The record of what was granted, refused and ended.
    package let audit: AuditTrail
    /// The same record of what strangers can repeat at will.
    let refusals: RefusalRecords
    /// The log: what needs an operator's attention.
    package let logger: Logger

    /// Instruments that report to these places.
    package init(metrics: ServerMetrics, audit: AuditTrail, logger: Logger) {
        self.metrics = metrics
        self.audit = audit
        refusals = RefusalRecords(audit: audit)
        self.logger = logger
    }
}
