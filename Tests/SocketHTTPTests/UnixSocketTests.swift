import CLinux
import Glibc
import HTTPTypes
import Logging
import SocketHTTP
import Testing

@Suite("A Unix socket names the user who connects, and takes no other file's place")
struct UnixSocketTests {
    /// Answers with the peer's user and address.
    private static let whoami = ClosureResponder { request in
        let user = request.peerUser.map(String.init) ?? "none"
        return Response(status: .ok, headerFields: [:], body: Array("\(user) \(request.peer)".utf8))
    }

    /// A folder of its own for each test.
    private final class Folder {
        let path: String

        init() throws {
            var template = Array("/tmp/gatehouse-socket-XXXXXX\0".utf8).map { CChar(bitPattern: $0) }
            guard unsafe mkdtemp(&template) != nil else { throw SocketError(operation: "mkdtemp", code: errno) }
            path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }

        var socket: String { "\(path)/management.sock" }

        deinit {
            unsafe unlink(socket)
            unsafe unlink("\(path)/other")
            unsafe rmdir(path)
        }
    }

    private static func server(_ path: String, responder: any RequestResponder = whoami) throws -> HTTPServer {
        var configuration = ServerConfiguration(listeners: [.init(address: SocketAddress(ip: .loopback, port: 0))])
        configuration.eventLoopCount = 2
        configuration.unixSocket = path
        return try HTTPServer(
            configuration: configuration,
            responder: responder,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    private static func withServer(_ path: String, _ body: () async throws -> Void) async throws {
        let server = try server(path)
        _ = try await server.start()
        do {
            try await body()
        } catch {
            await server.shutdown(gracePeriod: .zero)
            throw error
        }
        await server.shutdown(gracePeriod: .zero)
    }

    /// The error of a start that must fail; the server is stopped if it does not.
    private static func refusal(at path: String) async throws -> SocketError? {
        let server = try server(path)
        do {
            _ = try await server.start()
        } catch let error as SocketError {
            return error
        }
        await server.shutdown(gracePeriod: .zero)
        return nil
    }

    private static func mode(_ path: String) -> mode_t? {
        var found = stat()
        return unsafe lstat(path, &found) == 0 ? found.st_mode : nil
    }

    /// One request, on a thread that may block.
    private static func ask(_ path: String) async throws -> String {
        let thread = try EventLoop(name: "client")
        try thread.start()
        defer { thread.stop() }
        return try await withTaskExecutorPreference(thread) {
            let descriptor = unsafe gatehouse_unix_connect(path)
            guard descriptor >= 0 else { throw SocketError(operation: "connect", code: errno) }
            let client = RawClient(connected: descriptor)
            try client.send(.get("/", fields: "Connection: close\r\n"))
            return try client.receiveResponse().body
        }
    }

    @Test("a request names its user, and the file is for the server's user and root alone")
    func namesUser() async throws {
        let folder = try Folder()
        try await Self.withServer(folder.socket) {
            let answer = try await Self.ask(folder.socket)
            #expect(answer == "\(geteuid()) 127.0.0.1")
            #expect(Self.mode(folder.socket) == S_IFSOCK | 0o600)
        }
        #expect(Self.mode(folder.socket) == nil)
    }

    @Test("a request over the network names no user")
    func networkNamesNone() async throws {
        let folder = try Folder()
        let server = try Self.server(folder.socket)
        let addresses = try await server.start()
        let thread = try EventLoop(name: "client")
        try thread.start()
        let answer = try await withTaskExecutorPreference(thread) {
            let client = try RawClient(addresses[0])
            try client.send(.get("/", fields: "Connection: close\r\n"))
            return try client.receiveResponse().body
        }
        thread.stop()
        await server.shutdown(gracePeriod: .zero)
        #expect(answer == "none 127.0.0.1")
    }

    @Test("the socket of a process that has ended is replaced")
    func replacesStale() async throws {
        let folder = try Folder()
        let earlier = unsafe gatehouse_unix_listen(folder.socket, 0o600, 1)
        try #require(earlier >= 0)
        close(earlier)
        #expect(Self.mode(folder.socket) != nil)
        try await Self.withServer(folder.socket) {
            let answer = try await Self.ask(folder.socket)
            #expect(answer.hasPrefix("\(geteuid()) "))
        }
    }

    @Test("the socket of a running process is not")
    func keepsLive() async throws {
        let folder = try Folder()
        try await Self.withServer(folder.socket) {
            let refusal = try await Self.refusal(at: folder.socket)
            #expect(refusal?.code == EADDRINUSE)
            let answer = try await Self.ask(folder.socket)
            #expect(answer.hasPrefix("\(geteuid()) "))
        }
    }

    @Test("a regular file, a link and a folder remain what they are", arguments: ["file", "link", "folder"])
    func keepsOthers(kind: String) async throws {
        let folder = try Folder()
        switch kind {
        case "file":
            let descriptor = unsafe open(folder.socket, O_CREAT | O_WRONLY, 0o600)
            try #require(descriptor >= 0)
            close(descriptor)
        case "link":
            // Dangling: following it would make a socket elsewhere.
            try #require(unsafe symlink("\(folder.path)/other", folder.socket) == 0)
        default:
            try #require(unsafe mkdir(folder.socket, 0o700) == 0)
        }
        let before = Self.mode(folder.socket)
        let refusal = try await Self.refusal(at: folder.socket)
        #expect(refusal?.code == EEXIST)
        #expect(Self.mode(folder.socket) == before)
        #expect(Self.mode("\(folder.path)/other") == nil)
        unsafe rmdir(folder.socket)
    }

    @Test("a link to the socket of an ended process is not followed")
    func keepsLinkToStale() async throws {
        let folder = try Folder()
        let other = "\(folder.path)/other"
        let earlier = unsafe gatehouse_unix_listen(other, 0o600, 1)
        try #require(earlier >= 0)
        close(earlier)
        try #require(unsafe symlink(other, folder.socket) == 0)
        let refusal = try await Self.refusal(at: folder.socket)
        #expect(refusal?.code == EEXIST)
        #expect(Self.mode(other) == S_IFSOCK | 0o600)
    }

    @Test("a folder that every user may change is refused, and so is a path that is too long or without a folder")
    func refusesPlaces() async throws {
        let folder = try Folder()
        try #require(unsafe chmod(folder.path, 0o777) == 0)
        let open = try await Self.refusal(at: folder.socket)
        #expect(open?.code == EPERM)
        try #require(unsafe chmod(folder.path, 0o700) == 0)
        let long = try await Self.refusal(at: "\(folder.path)/\(String(repeating: "a", count: 108))")
        #expect(long?.code == ENAMETOOLONG)
        let missing = try await Self.refusal(at: "\(folder.path)/missing/management.sock")
        #expect(missing?.code == ENOENT)
    }

    @Test("a stop leaves the file of a server that took the place in the meantime")
    func leavesSuccessor() async throws {
        let folder = try Folder()
        let first = try Self.server(folder.socket)
        _ = try await first.start()
        unsafe unlink(folder.socket)
        let second = try Self.server(folder.socket)
        _ = try await second.start()
        await first.shutdown(gracePeriod: .zero)
        let answer = try await Self.ask(folder.socket)
        #expect(answer.hasPrefix("\(geteuid()) "))
        await second.shutdown(gracePeriod: .zero)
        #expect(Self.mode(folder.socket) == nil)
    }
}
