import Foundation
import Testing

extension EndToEndTests {
    /// The published description against the running server.
    @Suite("The OpenAPI document is true")
    struct ContractTests {
        /// What the generator reported.
        private struct Report: Decodable {
            let status: Int
            let output: String
        }

        @Test("generated requests to every operation get no 5xx and no answer that is not declared")
        func generatedRequests() async throws {
            try await Deployment.run { deployment in
                let report = try await VirtualEnvironment.schemathesis.run(
                    "contract_check.py",
                    [deployment.issuer, "15"],
                    as: Report.self
                )
                #expect(report.status == 0, "\(report.output)")
            }
        }
    }
}
