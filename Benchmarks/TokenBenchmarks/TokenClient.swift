import BenchmarkSupport
import Glibc
import OAuthProtocol

/// What a client asks the token endpoint for, time after time.
protocol TokenRequests: AnyObject {
    /// The next request.
    func next() throws -> TokenClient.Request
    /// Takes the answer's members, such as a successor.
    func took(_ answer: JSONObject) throws
}

/// A client on one connection to the token endpoint.
final class TokenClient {
    /// A request's form, and its header fields besides the usual ones.
    struct Request {
        var form: [(String, String)]
        var fields: [(name: String, value: String)] = []
    }

    private let descriptor: Int32
    private let requests: any TokenRequests
    private var buffer = [UInt8](repeating: 0, count: 16_384)

    init(port: UInt16, _ requests: any TokenRequests) throws {
        self.requests = requests
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw BenchmarkError("the server cannot be reached") }
    }

    deinit { close(descriptor) }

    func send() throws {
        let request = try requests.next()
        let body = FormParameters.serialize(request.form)
        let fields = request.fields.map { "\($0.name): \($0.value)\r\n" }.joined()
        let bytes = Array(
            """
            POST /oauth/token HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r
            Content-Length: \(body.utf8.count)\r\n\(fields)\r\n\(body)
            """.utf8
        )
        let sent = unsafe bytes.withUnsafeBytes { unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, 0) }
        guard sent == bytes.count else { throw BenchmarkError("a request was written only in part") }
    }

    /// Reads an answer, which arrives in one piece.
    func receive() throws {
        let count = unsafe buffer.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
        guard count > 0 else { throw BenchmarkError("the server closed a connection") }
        let answer = String(decoding: buffer[..<count], as: UTF8.self)
        guard answer.hasPrefix("HTTP/1.1 200"), let body = answer.firstIndex(of: "{") else {
            throw BenchmarkError("a request was refused: \(answer)")
        }
        try requests.took(try JSONParser.parseObject(Array(answer[body...].utf8)))
    }
}
