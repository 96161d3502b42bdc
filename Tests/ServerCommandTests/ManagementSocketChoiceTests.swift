import ServerConfiguration
import Testing

@testable import ServerCommand

@Suite("Commands ask on the management socket if there is one")
struct ManagementSocketChoiceTests {
    private static func choice(
        named: String? = nil,
        configured: String? = nil,
        namesToken: Bool = false,
        isConfigured: Bool = true,
        usable: Set<String>
    ) -> String? {
        ManagementArguments.socket(
            named: named,
            configured: configured,
            namesToken: namesToken,
            isConfigured: isConfigured,
            isUsable: usable.contains
        )
    }

    @Test("a socket that is named is asked, whatever else is")
    func named() {
        #expect(Self.choice(named: "/a", configured: "/b", usable: ["/b"]) == "/a")
        #expect(Self.choice(named: "/a", namesToken: true, usable: []) == "/a")
    }

    @Test("the configured one is asked if this user may, and otherwise the token is used")
    func configured() {
        #expect(Self.choice(configured: "/b", usable: ["/b"]) == "/b")
        #expect(Self.choice(configured: "/b", usable: []) == nil)
        #expect(Self.choice(configured: "/b", namesToken: true, usable: ["/b"]) == nil)
        // Another server's socket is not asked in the place of the configured server.
        #expect(Self.choice(configured: nil, usable: [ManagementArguments.usualSocket]) == nil)
    }

    @Test("without a configuration the packages' socket is asked")
    func usual() {
        let usual = ManagementArguments.usualSocket
        #expect(Self.choice(isConfigured: false, usable: [usual]) == usual)
        #expect(Self.choice(isConfigured: false, usable: []) == nil)
        #expect(Self.choice(namesToken: true, isConfigured: false, usable: [usual]) == nil)
    }

    @Test("the packages' configuration has it there, in the directory that the unit makes")
    func package() throws {
        let configuration = try DeployFiles.configuration(try DeployFiles.text("gatehouse.yaml"))
        #expect(configuration.management.socket == ManagementArguments.usualSocket)
        let unit = try DeployFiles.text("systemd/gatehouse.service")
        #expect(unit.contains("\nRuntimeDirectory=gatehouse\n") && unit.contains("AF_UNIX"))
    }
}
