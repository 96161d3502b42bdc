import Logging
import OAuthProtocol
import OpenSSLCrypto
import Synchronization

/// The state and settings that the endpoints share.
final class ProviderContext: Sendable {
    let issuer: String
    let configuration: DevelopmentIdentityProvider.Configuration
    let state: ProviderState
    let keys: ProviderKeys
    let script = FaultScript()
    let capture = RequestCapture()
    let logger: Logger
    private let timeSource: any TimeSource
    private let random: any RandomSource
    private let mode: Mutex<DevelopmentIdentityProvider.Configuration.SignInMode>

    init(
        issuer: String,
        configuration: DevelopmentIdentityProvider.Configuration,
        timeSource: any TimeSource,
        random: any RandomSource,
        logger: Logger
    ) throws(CryptoError) {
        self.issuer = issuer
        self.configuration = configuration
        self.timeSource = timeSource
        self.random = random
        self.logger = logger
        state = ProviderState(configuration)
        keys = try ProviderKeys(algorithm: configuration.signingAlgorithm)
        mode = Mutex(configuration.signIn)
    }

    /// The current time.
    var now: Timestamp { timeSource.now() }

    /// How users sign in now.
    var signInMode: DevelopmentIdentityProvider.Configuration.SignInMode {
        get { mode.withLock { $0 } }
        set { mode.withLock { $0 = newValue } }
    }

    /// The URL of an endpoint.
    func url(of endpoint: EndpointName) -> String { issuer + endpoint.path }

    /// A value that cannot be guessed.
    func randomText(prefix: String = "") -> String { prefix + Base64URL.encode(random.bytes(32)) }

    /// Fresh values for an answer of the token endpoint.
    func mint(for flavour: ProtocolFlavour) -> MintedTokens {
        switch flavour {
        case .openIDConnect: MintedTokens(access: randomText(prefix: "at_"), refresh: randomText(prefix: "rt_"))
        case .oauth2: MintedTokens(access: randomText(prefix: "gho_"), refresh: randomText(prefix: "ghr_"))
        }
    }
}
