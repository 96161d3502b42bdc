import ServerCommand

/// The program for one node, `gatehouse`.
@main
enum Program {
    static func main() async { await GatehouseCommand.main() }
}
