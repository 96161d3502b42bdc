import Testing

/// Gatehouse as its users meet it: the built program, clients and servers that were written elsewhere, real sockets.
///
/// One file in `Scenarios/` per scenario, each an extension with a suite of its own. A new client library is a
/// requirements file in `Python/`, a `VirtualEnvironment` constant, a script, and a scenario file. Each test has its
/// own servers on free ports (`Deployment`). The scenarios run one after another, since they share two cores.
@Suite("End to end", .serialized, .timeLimit(.minutes(10)))
struct EndToEndTests {}
