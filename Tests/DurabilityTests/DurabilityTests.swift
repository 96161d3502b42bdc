import Testing

/// What was acknowledged is still true after a crash, shown on the built program and real files.
///
/// The scenarios run one after another, since they share two cores.
@Suite("Durability", .serialized, .timeLimit(.minutes(10)))
struct DurabilityTests {}
