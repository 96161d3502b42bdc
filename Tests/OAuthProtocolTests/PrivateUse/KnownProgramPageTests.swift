import Foundation
import OAuthProtocol
import Testing

@Suite("The page of known programs")
struct KnownProgramPageTests {
    @Test("C-1: names every program, scheme and authority of the table")
    func names() throws {
        var root = URL(filePath: #filePath)
        for _ in 0..<4 { root.deleteLastPathComponent() }
        let path = "Sources/AuthorizationServer/AuthorizationServer.docc/Clients.md"
        let page = try String(contentsOf: root.appending(path: path), encoding: .utf8)
        for program in KnownProgram.all {
            #expect(page.contains(program.name), "\(program.name)")
            for scheme in program.schemes { #expect(page.contains("`\(scheme)`"), "\(scheme)") }
            guard case .exact(let authorities) = program.authority else { continue }
            for authority in authorities { #expect(page.contains("`\(authority)`"), "\(authority)") }
        }
    }
}
