import BenchmarkSupport
import Foundation
import SocketHTTP

/// nginx with one worker on the first core, serving one file: the comparison for static answers.
final class NginxServer {
    let endpoint: Endpoint
    /// The URL path of its file.
    static let path = "/file.json"
    /// Its process, which is also the worker.
    let processID: Int32
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private let folder: URL
    private let reservation: PortReservation

    /// Whether nginx is installed.
    static var isInstalled: Bool { program != nil }

    private static var program: String? {
        ["/usr/sbin/nginx", "/usr/local/sbin/nginx", "/usr/bin/nginx"].first {
            FileManager.default.isExecutableFile(atPath: $0)
        }
    }

    /// Starts it with a file of that many bytes at `/file.json`, with TLS when there is a folder with a certificate.
    init(fileByteCount: Int, certificate: URL?) throws {
        guard let program = Self.program else {
            throw BenchmarkError("nginx is not installed: `make bench-setup` installs it")
        }
        folder = FileManager.default.temporaryDirectory.appending(path: "gatehouse-nginx-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data(repeating: UInt8(ascii: "x"), count: fileByteCount).write(to: folder.appending(path: "file.json"))
        reservation = try PortReservation(SocketAddress(ip: .loopback, port: 0))
        endpoint = Endpoint(port: reservation.address.port, tls: try certificate.map { _ in try ClientTLS() })
        let configuration = folder.appending(path: "nginx.conf")
        try Data(Self.text(folder, reservation.address, certificate).utf8).write(to: configuration)
        // The shell ends it when our end of the pipe closes, whatever the cause, so nothing is left behind. Not by a
        // signal that could be blocked: children of Foundation's `Process` inherit the signals that the task pool's
        // threads block.
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = [
            "-c", #""$@" & echo $!; read -r line; kill -KILL $!"#, "sh", "taskset", "--cpu-list", "0", program,
            "-p", folder.path(), "-c", configuration.path(),
        ]
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        guard let processID = Int32(line.filter(\.isNumber)) else { throw BenchmarkError("nginx does not start") }
        self.processID = processID
        try waitUntilReady()
    }

    func stop() {
        input.fileHandleForWriting.closeFile()
        process.waitUntilExit()
        // A folder left in the temporary one does no harm.
        try? FileManager.default.removeItem(at: folder)
    }

    // Every setting that is known to make it fast for a small file: no log, the file kept open, no limit on a
    // connection.
    private static func text(_ folder: URL, _ address: SocketAddress, _ certificate: URL?) -> String {
        let tls = certificate.map { certificate in
            """
            ssl_certificate \(certificate.appending(path: "certificate.pem").path());
            ssl_certificate_key \(certificate.appending(path: "key.pem").path());
            ssl_protocols TLSv1.3;
            """
        }
        return """
            daemon off; master_process off; worker_processes 1;
            pid \(folder.path())nginx.pid; error_log \(folder.path())error.log crit;
            events { worker_connections 16384; }
            http {
                types { application/json json; }
                access_log off; sendfile on; tcp_nodelay on; keepalive_timeout 600; keepalive_requests 1000000000;
                open_file_cache max=16 inactive=600s; open_file_cache_valid 600s;
                client_body_temp_path \(folder.path())body; proxy_temp_path \(folder.path())proxy;
                fastcgi_temp_path \(folder.path())fastcgi; uwsgi_temp_path \(folder.path())uwsgi;
                scgi_temp_path \(folder.path())scgi;
                server {
                    listen \(address)\(certificate == nil ? "" : " ssl") reuseport;
                    \(tls ?? "")
                    root \(folder.path());
                }
            }
            """
    }

    private func waitUntilReady() throws {
        let end = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < end {
            // Not before it listens; until then each attempt fails at once.
            if (try? Wire(to: endpoint)) != nil { return }
            guard process.isRunning else { throw BenchmarkError("nginx does not start") }
            usleep(2000)
        }
        throw BenchmarkError("nginx does not answer")
    }
}
