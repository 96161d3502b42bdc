import AuthorizationServerTesting

/// Sessions that last as long as the soak, each refreshed once in each life of the program.
struct Elders: Sendable {
    private var sessions: [(client: OAuthTestClient, refreshToken: String)] = []
    private static let count = 8

    /// Refreshes every session; the first time, begins them.
    ///
    /// - Throws: ``Violation`` when one is over.
    mutating func verify(_ deployment: StorageDeployment) async throws {
        if sessions.isEmpty { try await begin(deployment) }
        for index in sessions.indices {
            let answer = try await sessions[index].client.refresh(sessions[index].refreshToken)
            guard answer.status == 200, let next = answer["refresh_token"] else {
                throw Violation("elder \(index): the session is over: \(answer.status) \(answer.error ?? "")")
            }
            sessions[index].refreshToken = next
        }
    }

    private mutating func begin(_ deployment: StorageDeployment) async throws {
        for index in 0..<Self.count {
            let client = try await deployment.registeredClient(named: "Elder \(index)")
            let code = try await deployment.code(for: client, user: "ada")
            let answer = try await client.redeem(code)
            guard answer.status == 200, let token = answer["refresh_token"] else {
                throw Violation("elder \(index): no session: \(answer.status) \(answer.error ?? "")")
            }
            sessions.append((client, token))
        }
    }
}
