import ArgumentParser
import BenchmarkSupport
import CFloorServer
import CSigningFloor
import Foundation
import OAuthProtocol
import SocketHTTP

/// The floor under our server, in a process of its own on the first core: an epoll loop in C that answers with prepared
/// bytes, or signs them first.
struct FloorServer: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "floor", shouldDisplay: false)

    @Option(name: .long) var answer: String
    @Option(name: .long) var signedFrom: Int?
    @Option(name: .long) var signedCount = 0

    func run() throws {
        try Affinity.pin(to: 0)
        _ = DescriptorLimit.raise(to: 65_536)
        var bytes = Array(try Data(contentsOf: URL(filePath: answer)))
        let (listener, port) = try Self.listen()
        try FileHandle.standardOutput.write(
            contentsOf: Data(JSONObject([("port", .number(JSONNumber(Int(port))))]).serialized() + [10])
        )
        Thread.detachNewThread {
            // The end of the input is the benchmark's end, whatever its cause.
            while readLine() != nil {}
            Foundation.exit(0)
        }
        let code: Int32
        if let signedFrom {
            guard (0..<bytes.count).contains(signedFrom), (0..<bytes.count - signedFrom).contains(signedCount),
                let signer = unsafe gatehouse_signing_floor_create(signedFrom, signedCount)
            else { throw BenchmarkError("nothing to sign") }
            code = unsafe gatehouse_floor_serve(
                listener,
                &bytes,
                bytes.count,
                { unsafe gatehouse_signing_floor_sign($0, $1) },
                UnsafeMutableRawPointer(signer)
            )
        } else {
            code = unsafe gatehouse_floor_serve(listener, &bytes, bytes.count, nil, nil)
        }
        throw BenchmarkError("the floor server ended with error \(code)")
    }

    private static func listen() throws -> (descriptor: Int32, port: UInt16) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                unsafe bind(descriptor, generic, length) == 0 && Glibc.listen(descriptor, 4096) == 0
                    && getsockname(descriptor, generic, &length) == 0
            }
        }
        guard isListening else { throw BenchmarkError("the floor server cannot listen") }
        return (descriptor, UInt16(bigEndian: address.sin_port))
    }
}
