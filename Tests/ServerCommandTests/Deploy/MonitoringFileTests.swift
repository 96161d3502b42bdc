import Foundation
import OAuthProtocol
import Testing

@testable import ServerCommand

@Suite("Alert rules and dashboards")
struct MonitoringFileTests {
    private static let dashboards = ["healthy", "fit", "upstreams"].map { "Grafana/gatehouse-\($0).json" }

    /// The metrics that the documents promise, which another test compares with the server's.
    private static func documented() throws -> Set<String> {
        let document = DeployFiles.folder.deletingLastPathComponent().appending(
            path: "Sources/AuthorizationServer/AuthorizationServer.docc/Monitoring.md"
        )
        let text = try String(contentsOf: document, encoding: .utf8)
        return Set(text.matches(of: /\| `(gatehouse_[a-z_]+)`/).map { String($0.1) })
    }

    /// The metrics that a text reads; a histogram's parts are its own.
    static func metrics(in text: String) -> Set<String> {
        Set(
            text.matches(of: /\bgatehouse_[a-z_]+/).map { match in
                String(match.0).replacing(/_bucket$|_sum$|_count$/, with: "")
            }
        )
    }

    @Test("promtool accepts the rules, and they fire as their tests say")
    func promtool() throws {
        let folder = DeployFiles.folder.appending(path: "Prometheus")
        for arguments in [["check", "rules", "gatehouse.rules.yaml"], ["test", "rules", "gatehouse.rules.test.yaml"]] {
            let verdict = try DeployFiles.run(["promtool"] + arguments, in: folder)
            #expect(verdict.status == 0, "\(verdict.output)")
        }
    }

    @Test("each rule and panel reads metrics that exist", arguments: ["Prometheus/gatehouse.rules.yaml"] + dashboards)
    func metricsExist(file: String) throws {
        let used = Self.metrics(in: try DeployFiles.text(file))
        #expect(!used.isEmpty)
        #expect(used.subtracting(try Self.documented()).isEmpty)
    }

    @Test("and a metric that does not exist is found")
    func canFail() throws {
        #expect(!Self.metrics(in: "rate(gatehouse_imagined_total[5m])").isSubset(of: try Self.documented()))
    }

    @Test("a dashboard's panels have titles, units and places that do not overlap", arguments: dashboards)
    func panels(file: String) throws {
        let board = try JSONParser.parseObject(Array(try DeployFiles.text(file).utf8))
        guard case .array(let panels)? = board["panels"] else { throw Missing() }
        var places: Set<String> = []
        for case .object(let panel) in panels {
            #expect(panel["title"]?.stringValue?.isEmpty == false)
            guard case .object(let place)? = panel["gridPos"], case .array(let targets)? = panel["targets"] else {
                throw Missing()
            }
            #expect(!targets.isEmpty)
            places.insert("\(place["x"]?.integerValue ?? -1) \(place["y"]?.integerValue ?? -1)")
        }
        #expect(panels.count >= 6 && places.count == panels.count)
    }

    private struct Missing: Error {}

    @Test("the bill of materials names every package of the manifest, and none without a licence")
    func billOfMaterials() throws {
        let root = DeployFiles.folder.deletingLastPathComponent()
        let written = try DeployFiles.run(["python3", ".ci/write-sbom"], in: root)
        #expect(written.status == 0, "\(written.output)")
        let document = try JSONParser.parseObject(Array(written.output.utf8))
        #expect(document["spdxVersion"] == "SPDX-2.3")
        guard case .array(let packages)? = document["packages"] else { throw Missing() }
        let manifest = try String(contentsOf: root.appending(path: "Package.swift"), encoding: .utf8)
        // The pinned packages, the five libraries of the system, and the program.
        #expect(packages.count == manifest.matches(of: /exact: "/).count + 6)
        for case .object(let package) in packages {
            #expect(package["licenseDeclared"]?.stringValue?.isEmpty == false)
        }
    }
}
