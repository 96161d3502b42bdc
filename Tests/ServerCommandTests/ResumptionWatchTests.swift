import Testing

@testable import GatehouseHosting
@testable import ServerCommand

@Suite("A machine that was resumed or copied")
struct ResumptionWatchTests {
    private typealias Sign = ResumptionWatch.Sign

    @Test("Info: another boot, or a jump of the clock in either direction, is noticed; a slow correction is not")
    func differs() {
        let earlier = Sign(bootID: "a", offset: .seconds(1000))
        #expect(!Sign(bootID: "a", offset: .seconds(1000)).differs(from: earlier))
        #expect(!Sign(bootID: "a", offset: .seconds(1001)).differs(from: earlier))
        #expect(Sign(bootID: "b", offset: .seconds(1000)).differs(from: earlier))
        #expect(Sign(bootID: "a", offset: .seconds(1003)).differs(from: earlier))
        #expect(Sign(bootID: "a", offset: .seconds(997)).differs(from: earlier))
    }

    @Test("Info: the sign of a machine that was not interrupted does not change")
    func stays() {
        #expect(!Sign.current().differs(from: Sign.current()))
    }
}
