import Foundations
import Glibc
import Testing

@Suite("What the service manager learns")
struct ServiceManagerTests {
    /// A datagram socket in the abstract name space, as systemd has one.
    private struct Listener: ~Copyable {
        let name = "@gatehouse-test-\(UInt64.random(in: 0 ... .max))"
        private let descriptor: Int32

        init() throws {
            descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            unsafe withUnsafeMutableBytes(of: &address.sun_path) { path in
                // The zero byte before the name is there already.
                for (index, byte) in name.utf8.enumerated() where index > 0 { unsafe path[index] = byte }
            }
            let size = socklen_t(MemoryLayout<sa_family_t>.size + name.utf8.count)
            let result = unsafe withUnsafePointer(to: &address) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe bind(descriptor, $0, size) }
            }
            try #require(result == 0)
        }

        deinit { close(descriptor) }

        /// What was sent, or nothing.
        func next() -> String {
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = unsafe buffer.withUnsafeMutableBytes {
                unsafe recv(descriptor, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT))
            }
            return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
        }
    }

    private static func made(_ variables: [String: String]) -> ServiceManager? {
        ServiceManager(processID: 42) { variables[$0] }
    }

    @Test("readiness, the end and signs of life arrive, each in one datagram")
    func states() throws {
        let listener = try Listener()
        let manager = try #require(Self.made(["NOTIFY_SOCKET": listener.name]))
        #expect(manager.report(.ready("ready\nMAINPID=1")))
        #expect(listener.next() == "READY=1\nSTATUS=readyMAINPID=1")
        #expect(manager.report(.alive))
        #expect(listener.next() == "WATCHDOG=1")
        #expect(manager.report(.stopping))
        #expect(listener.next() == "STOPPING=1")
    }

    @Test(
        "without a manager, or with a socket of a kind that does not exist here, there is none",
        arguments: ["", "vsock:2:1"]
    )
    func none(socket: String) {
        #expect(Self.made(socket.isEmpty ? [:] : ["NOTIFY_SOCKET": socket]) == nil)
    }

    @Test("a manager that has gone, and a name that is too long, are no reason to fail")
    func gone() throws {
        for socket in ["@gatehouse-without-listener", "/" + String(repeating: "x", count: 200)] {
            let manager = try #require(Self.made(["NOTIFY_SOCKET": socket]))
            #expect(!manager.report(.alive))
        }
    }

    @Test("a watchdog counts if it is on and watches this process")
    func watchdog() {
        let socket = ["NOTIFY_SOCKET": "@x"]
        func interval(_ variables: [String: String]) -> Duration? {
            Self.made(socket.merging(variables) { $1 })?.watchdogInterval
        }
        #expect(interval([:]) == nil)
        #expect(interval(["WATCHDOG_USEC": "30000000"]) == .seconds(30))
        #expect(interval(["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "42"]) == .seconds(30))
        #expect(interval(["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "43"]) == nil)
        for bad in ["0", "-1", "soon"] { #expect(interval(["WATCHDOG_USEC": bad]) == nil) }
    }
}
