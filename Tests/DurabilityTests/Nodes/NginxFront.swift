import Foundation
import SocketHTTP

/// nginx with the recipe for two nodes that is delivered, in front of the two nodes of a test.
///
/// Only addresses are replaced, and the lines of TLS left out: the issuer of the tests is `http` on loopback.
final class NginxFront: Sendable {
    private let process: GatehouseProcess

    /// Starts it at an address that is reserved with a shared port.
    init(at address: String, nodes: [SocketAddress], folder: URL) throws {
        let place = folder.appending(path: "nginx")
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        let site = try Self.site(at: address, nodes: nodes)
        let main = """
            daemon off;
            worker_processes 1;
            pid \(place.path())/nginx.pid;
            error_log \(place.path())/error.log;
            \(getuid() == 0 ? "user root;" : "")
            events {}
            http {
            client_body_temp_path \(place.path())/body;
            proxy_temp_path \(place.path())/proxy;
            fastcgi_temp_path \(place.path())/fastcgi;
            uwsgi_temp_path \(place.path())/uwsgi;
            scgi_temp_path \(place.path())/scgi;
            \(site)
            }

            """
        let file = place.appending(path: "nginx.conf")
        try Data(main.utf8).write(to: file)
        process = try GatehouseProcess(["-p", place.path(), "-c", file.path()], program: "/usr/sbin/nginx")
    }

    private static func site(at address: String, nodes: [SocketAddress]) throws -> String {
        let recipe = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Deploy/Proxies/nginx-nodes.conf")
        var text = try String(contentsOf: recipe, encoding: .utf8)
        for (named, node) in zip(["127.0.0.1:8080", "127.0.0.1:8081"], nodes) {
            guard text.contains("server \(named)") else { throw Violation("the recipe has no \(named)") }
            text.replace("server \(named)", with: "server \(node)")
        }
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        lines.removeAll { line in
            let words = line.trimmingCharacters(in: .whitespaces)
            return words.hasPrefix("ssl_") || words.hasPrefix("listen [::]")
        }
        guard let listen = lines.firstIndex(where: { $0.contains("listen 443 ssl http2;") }) else {
            throw Violation("the recipe does not listen")
        }
        // The test holds the port until then.
        lines[listen] = "    listen \(address) reuseport;"
        return lines.joined(separator: "\n")
    }

    /// Ends it in an orderly way: a master that is killed leaves its worker behind.
    func stop() async { await process.stop() }
}
