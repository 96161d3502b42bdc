import DevelopmentIdentityProvider
import Testing

@Suite("The seeded users")
struct SeededUserTests {
    @Test("Ada's id shows who reads numbers as floats")
    func largeIdentifier() {
        #expect(Int64(Double(DevelopmentUser.ada.numericID)) != DevelopmentUser.ada.numericID)
    }

    @Test("Grace's e-mail address is not verified")
    func unverified() {
        #expect(DevelopmentUser.ada.isEmailVerified)
        #expect(!DevelopmentUser.grace.isEmailVerified)
    }
}
