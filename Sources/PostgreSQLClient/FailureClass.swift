/// An error that the server reported.
struct ServerFailure {
    /// Five characters of the standard, or empty for an error of libpq's own.
    let sqlState: String
    /// The server's sentence without its details, which could contain values.
    let message: String

    var kind: FailureClass { FailureClass(sqlState: sqlState) }
}

/// What an SQLSTATE says about the transaction that it was reported for.
enum FailureClass {
    /// Another transaction got in the way, and this one was rolled back: it may be repeated at once.
    case conflict
    /// The connection no longer fits the database, and the transaction was rolled back: another connection is needed.
    case staleConnection
    /// The server ends the connection, possibly after the commit.
    case lostConnection
    /// Rolled back because of load or time.
    case refused
    /// Rolled back because of our statement or of the state of the database: an operator must know.
    case fault

    init(sqlState: String) {
        switch sqlState {
        // serialization_failure, deadlock_detected
        case "40001", "40P01": self = .conflict
        // The statement is not prepared, the plan no longer fits, or this server is a standby.
        case "26000", "0A000", "25006": self = .staleConnection
        // operator_intervention, except for a cancelled statement: the session ends.
        case "57P01", "57P02", "57P03", "57P04", "57P05": self = .lostConnection
        // query_canceled, lock_not_available
        case "57014", "55P03": self = .refused
        default: self = .fault
        }
    }
}
