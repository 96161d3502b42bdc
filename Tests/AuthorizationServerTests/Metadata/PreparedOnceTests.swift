import Synchronization
import Testing

@testable import AuthorizationServer

@Suite("A document that only a request needs")
struct PreparedOnceTests {
    @Test("is not made before it is asked for, and once when asked again")
    func once() {
        let count = Mutex(0)
        let prepared = PreparedOnce {
            count.withLock { count in
                count += 1
                return "document \(count)"
            }
        }
        #expect(count.withLock { $0 } == 0)
        #expect(prepared.value == "document 1" && prepared.value == "document 1")
        #expect(count.withLock { $0 } == 1)
    }

    @Test("is the same to all who ask together", arguments: 1...3)
    func together(round: Int) async {
        let prepared = PreparedOnce { "document" }
        let values = await withTaskGroup(of: String.self) { group in
            for _ in 0..<20 { group.addTask { prepared.value } }
            return await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(values == ["document"])
    }
}
