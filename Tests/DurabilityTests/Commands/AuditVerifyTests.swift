import AuthorizationServerTesting
import Foundation
import OAuthProtocol
import Testing

extension DurabilityTests {
    @Suite("gatehouse audit verify")
    struct AuditVerifyTests {
        @Test("accepts what two processes wrote, one of which was killed, and names the line that was changed")
        func trail() async throws {
            try await StorageDeployment.run { deployment in
                let config = deployment.folder.appending(path: "gatehouse.yaml").path()
                let killed = try await deployment.served()
                _ = try await deployment.registeredClient(named: "Before")
                await killed.kill()
                let server = try await deployment.served()
                _ = try await deployment.registeredClient(named: "After")
                #expect(await server.stop().status == 0)

                let whole = try await GatehouseProcess.run(["audit", "verify", "--config", config])
                #expect(whole.status == 0, "\(whole.errors)")
                #expect(whole.output.contains("checkpoints_checked: yes"))
                #expect(whole.output.contains("after_last_checkpoint: 0"))

                let complete = try await GatehouseProcess.run(["audit", "verify", "--complete", "--config", config])
                #expect(complete.status == 0, "\(complete.errors)")

                let trail = deployment.directory.appending(path: "audit.log")
                let text = try String(contentsOf: trail, encoding: .utf8)
                let lines = text.split(separator: "\n").map(String.init)
                let end = deployment.folder.appending(path: "end.log")
                try (lines.dropFirst().joined(separator: "\n") + "\n").write(to: end, atomically: true, encoding: .utf8)
                for (status, flags) in [(0, [String]()), (1, ["--complete"])] {
                    let cut = try await GatehouseProcess.run(["audit", "verify", end.path()] + flags)
                    #expect(cut.status == status, "\(cut.errors)")
                    #expect(cut.output.contains("continues_earlier_file: yes"))
                    #expect(cut.errors.contains("the first line continues a line that was not given") == (status == 1))
                }
                let index = try #require(lines.firstIndex { $0.contains("client.registered") })
                var changed = lines
                changed[index] = lines[index].replacing("client.registered", with: "client.considered")
                try (changed.joined(separator: "\n") + "\n").write(to: trail, atomically: true, encoding: .utf8)
                for arguments in [["--config", config], [trail.path()]] {
                    let broken = try await GatehouseProcess.run(["audit", "verify", "--json"] + arguments)
                    #expect(broken.status == 1)
                    #expect(broken.errors.contains("audit.log:\(index + 1): "))
                    let json = try JSONParser.parseObject(Array(broken.output.utf8))
                    #expect(json["broken"]?.stringValue?.contains("audit.log:\(index + 1)") == true)
                }
                let nothing = try await GatehouseProcess.run(["audit", "verify"])
                #expect(nothing.status == 2)
            }
        }
    }
}
