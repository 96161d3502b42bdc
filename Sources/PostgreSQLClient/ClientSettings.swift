/// How the database is reached, with a bound for everything that can grow or last.
package struct ClientSettings: Sendable {
    /// A connection URI of libpq, or `key=value` pairs: where the database is, without a password.
    package var address: String
    /// The password; nil when the server asks for none.
    package var password: String?
    /// A PEM file of the authorities that the server's certificate is verified with, unless the address names one.
    package var caFile: String?
    /// Connections of this process.
    package var connectionCount = 8
    /// Transactions that are sent on one connection before the first of them has its result.
    package var pipelineDepth = 32
    /// Transactions that wait for a connection; one more is refused.
    package var waitingMax = 4096
    /// How long the database may work at a statement; it then rolls the transaction back.
    package var statementTimeout = Duration.milliseconds(1200)
    /// How long a task waits in any case.
    package var answerTimeout = Duration.milliseconds(1600)
    /// The whole seconds that establishing a connection to one host may take; libpq's least is 2.
    package var connectSeconds = 2

    /// A database at this address.
    package init(address: String) {
        self.address = address
    }
}
