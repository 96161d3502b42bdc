package import OAuthProtocol

extension Configuration {
    /// An issuer whose signed assertions are accepted, although users do not log in there.
    package struct TrustedIssuer: Hashable, Sendable {
        /// The issuer, compared byte for byte with `iss`.
        package var issuer: String

        /// Where its keys are; `nil` for discovery.
        package var keySetURI: String?

        /// The accepted `aud` of its tokens; identity assertions are always for our issuer.
        package var audiences: [String] = []

        /// Whether its URLs may be plain http, for development on loopback.
        package var allowsInsecureHTTP = false

        /// Whether its key set may be at a private or loopback address.
        package var allowsPrivateNetwork = false

        /// The longest time from `iat` to `exp` of what it signs.
        package var assertionLifetimeMax = Duration.seconds(3600)

        /// Its identity assertions (ID-JAG), or `nil` for none.
        package var identityAssertions: IdentityAssertions?

        /// The workloads that get tokens for its assertions.
        package var workloads: [Workload] = []

        /// Its tokens as subjects of a delegation, or `nil` for none.
        package var subjects: Subjects?

        /// Makes an issuer that may do nothing yet.
        package init(issuer: String) {
            self.issuer = issuer
        }

        /// The identity assertions of an organisation's identity provider
        /// (draft-ietf-oauth-identity-assertion-authz-grant).
        package struct IdentityAssertions: Hashable, Sendable {
            /// The resources that users get tokens for.
            package var resources: [String] = []
            /// The scopes that they may have; `nil` for all of the resource's.
            package var scopes: ScopeSet?
            /// The clients that may present them; empty for every client with the grant.
            package var clients: [String] = []
            /// Whether clients without credentials may present them.
            package var acceptsPublicClients = false
            /// The claim that names the tenant; users are then keyed by issuer, tenant and subject (JB-8).
            package var tenantClaim: String?

            /// Accepts nothing yet.
            package init() {}
        }

        /// A workload without a browser: a cluster's service account, a CI job, a cloud identity.
        package struct Workload: Hashable, Sendable {
            /// What `sub` must be; `nil` when other claims decide.
            package var subject: ValuePattern?
            /// What the other claims must say; `nil` when the subject decides.
            package var claims: ClaimRule?
            /// The `client_id` of its tokens.
            package var client = ""
            /// The resources that it gets tokens for.
            package var resources: [String] = []
            /// The scopes that it may have.
            package var scopes = ScopeSet.empty

            /// Accepts nothing yet.
            package init() {}

            /// Whether an assertion with these claims is this workload's.
            package func accepts(_ claims: JSONObject) -> Bool {
                guard subject != nil || self.claims != nil else { return false }
                let hasSubject = subject.map { $0.matches(claims["sub"]?.stringValue ?? "") } ?? true
                return hasSubject && (self.claims?.accepts(claims) ?? true)
            }
        }

        /// The issuer's tokens as subjects of a delegation (RFC 8693).
        package struct Subjects: Hashable, Sendable {
            /// The values of ``actorClaim`` whose tokens may be delegated.
            package var actors: [String] = []
            /// The claim that names the client that a token was issued to.
            package var actorClaim = "azp"
            /// What the claims must say, in place of ``actors``; `nil` when the actor decides.
            package var matcher: ClaimRule?
            /// The clients of ours that may present them; `*` for all that may delegate.
            package var delegates: [String] = []
            /// Whether the token's `may_act` may name the delegate.
            package var acceptsMayAct = false

            /// Accepts nothing yet.
            package init() {}
        }
    }
}

extension Configuration.TrustedIssuer {
    static let keys = KeySection(Self(issuer: "")) {
        Key(
            "issuer",
            \.issuer,
            .providerIssuer,
            isRequired: true,
            "The issuer, compared byte for byte with `iss`; assertions of all others are refused without a fetch."
        )
        Key(
            "jwks_uri",
            \.keySetURI,
            .endpoint,
            default: "the one in the issuer's discovery document",
            "Where the issuer publishes its keys."
        )
        Key(
            "audiences",
            \.audiences,
            .texts("list of texts", Self.isForeignAudience),
            default: "the token endpoint, for workload assertions; required for `subjects`",
            """
            The accepted `aud` of subject tokens, or of workload assertions if the issuer has no `subjects`; never a \
            resource. The `aud` of identity assertions is our issuer.
            """
        )
        Key(
            "allow_insecure_http",
            \.allowsInsecureHTTP,
            .flag,
            "Whether the issuer's URLs may be plain http, for development."
        )
        Key(
            "allow_private_network",
            \.allowsPrivateNetwork,
            .flag,
            "Whether the key set may be at a private or loopback address; needs `jwks_uri`."
        )
        Key(
            "assertion_lifetime",
            \.assertionLifetimeMax,
            .duration(.minutes(1) ... .hours(24)),
            "The longest time from `iat` to `exp` of what the issuer signs."
        )
        Key(
            "identity_assertions",
            \.identityAssertions,
            .section(IdentityAssertions.keys),
            "Accepts the issuer's identity assertions (ID-JAG, Enterprise-Managed Authorization) for its users."
        )
        Key(
            "workloads",
            \.workloads,
            .list(of: .section(Workload.keys)),
            "Accepts the issuer's assertions for workloads: clusters, CI jobs, clouds. The first match decides."
        )
        Key(
            "subjects",
            \.subjects,
            .section(Subjects.keys),
            "Accepts the issuer's access tokens as subjects of a delegation (RFC 8693)."
        )
    } context: { section, _, context in
        context.allowsInsecureHTTP = section["allow_insecure_http"]?.text == "true"
    } finish: { section, issuer, context in
        TrustedIssuerCheck(section: section, configuration: context.configuration).check(issuer)
    }

    // A token for one of our resources is ours, and no other issuer's.
    private static func isForeignAudience(_ text: String, _ context: DecodingContext) -> String? {
        let form = ResourceCatalogue.comparisonForm(text)
        let isResource = context.configuration.resources.contains {
            $0.uri == text || form != nil && ResourceCatalogue.comparisonForm($0.uri) == form
        }
        return isResource ? "\(text) is a resource; tokens of another issuer must not be for it" : nil
    }
}

extension Configuration.TrustedIssuer.IdentityAssertions {
    static let keys = KeySection(Self()) {
        Key(
            "resources",
            \.resources,
            .texts("list of resources", schema: .url, atLeastOne: "resource", Configuration.Resource.isRegistered),
            default: "none; at least one is required",
            "The resources that the users get tokens for."
        )
        Key(
            "scopes",
            \.scopes,
            .scopes("list of scopes", Configuration.Resource.isGranted),
            default: "no limit",
            "Some of the server's `scopes`: those that the users may have."
        )
        Key(
            "clients",
            \.clients,
            .list(of: .clientID, "list of client ids", isUnique: true),
            default: "every client with the grant",
            "The clients that may present the assertions."
        )
        Key(
            "public_clients",
            \.acceptsPublicClients,
            .flag,
            "Whether clients without credentials may present them."
        )
        Key("subject", \.self, .section(subjectKeys), default: "the issuer's `sub`", "How its users are recognized.")
    } finish: { section, _, _ in
        section.require("resources", or: "identity assertions are accepted for named resources only")
    }

    private static let subjectKeys = KeySection(Self()) {
        Key(
            "tenant_claim",
            \.tenantClaim,
            .text("name of a claim, or a path with dots"),
            default: "none",
            "The claim that names the tenant of an issuer with several; users are then keyed by it too."
        )
    }
}

extension Configuration.TrustedIssuer.Workload {
    static let keys = KeySection(Self()) {
        Key(
            "subject",
            \.subject,
            .valuePattern,
            default: "this or `claims`",
            "The workload's `sub`, such as `system:serviceaccount:ci:builder` or `repo:corp/app:ref:refs/heads/main`."
        )
        Key(
            "claims",
            \.claims,
            .claimRule,
            default: "this or `subject`",
            "What the assertion's other claims must say."
        )
        Key("client", \.client, .clientID, isRequired: true, "The `client_id` of the workload's tokens.")
        Key(
            "resources",
            \.resources,
            .texts("list of resources", schema: .url, atLeastOne: "resource", Configuration.Resource.isRegistered),
            default: "none; at least one is required",
            "The resources that the workload gets tokens for."
        )
        Key(
            "scopes",
            \.scopes,
            .scopes("list of scopes", Configuration.Resource.isGranted),
            "Some of the server's `scopes`: those that the workload may have."
        )
    } finish: { section, _, context in
        if section["claims"] == nil { section.require("subject", or: "a workload is known by its subject or claims") }
        section.require("resources", or: "a workload gets tokens for named resources only")
        TrustedIssuerCheck(section: section, configuration: context.configuration).checkWorkloadName()
    }
}

extension Configuration.TrustedIssuer.Subjects {
    static let keys = KeySection(Self()) {
        Key(
            "actors",
            \.actors,
            .texts("list of texts"),
            default: "none; `actors`, `matcher` or `may_act` is required",
            "The values of `actor_claim` whose tokens may be delegated."
        )
        Key(
            "actor_claim",
            \.actorClaim,
            .text("name of a claim, or a path with dots"),
            "The claim that names the client that a token was issued to: `azp`, `appid`, `cid`, `client_id`."
        )
        Key(
            "matcher",
            \.matcher,
            .claimRule,
            default: "none",
            "What the token's claims must say, in place of `actors`."
        )
        Key(
            "delegates",
            \.delegates,
            .list(of: .clientID, "list of client ids, or `*` alone", isUnique: true),
            default: "none; at least one is required",
            "The clients of ours that may present the tokens."
        )
        Key(
            "may_act",
            \.acceptsMayAct,
            .flag,
            "Whether the token's `may_act` may name the delegate (RFC 8693 §4.4)."
        )
    } finish: { section, subjects, context in
        TrustedIssuerCheck(section: section, configuration: context.configuration).check(subjects)
    }
}
