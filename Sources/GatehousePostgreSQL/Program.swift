import GatehouseHosting
import ServerCommand

/// The program for several nodes, `gatehouse-postgresql`: the same commands, and state in PostgreSQL.
@main
enum Program {
    static func main() async {
        await DatabaseEngines.$current.withValue(PostgreSQLEngine()) { await GatehouseCommand.main() }
    }
}
