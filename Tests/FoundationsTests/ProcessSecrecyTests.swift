import Foundations
import Glibc
import Testing

@Suite("The process keeps its memory to itself")
struct ProcessSecrecyTests {
    @Test("Info: no core dump is written, and no process of the same user reads the memory")
    func dumps() {
        #expect(ProcessSecrecy.forbidDumps())
        #expect(!ProcessSecrecy.isDumpable)
        var limit = rlimit(rlim_cur: 1, rlim_max: 1)
        let status = unsafe getrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
        #expect(status == 0)
        #expect(limit.rlim_cur == 0 && limit.rlim_max == 0)
    }
}
