extension Configuration {
    /// Replaces every secret reference; this is how a host reads files and environment variables into a configuration.
    ///
    /// - Parameter replace: Gets the key's path and the reference, and returns what takes its place.
    package mutating func replaceSecrets(_ replace: (_ path: String, _ reference: SecretReference) -> SecretReference) {
        func update(_ path: String, _ reference: inout SecretReference?) {
            reference = reference.map { replace(path, $0) }
        }
        update("management.admin_token", &management.adminToken)
        update("storage.encryption_key", &storage.encryptionKey)
        update("registration.initial_access_token", &registration.initialAccessToken)
        update("forward_auth.secret", &forwardAuth.secret)
        for index in upstreams.indices {
            update("upstreams[\(index)].client_secret", &upstreams[index].clientSecret)
            update("upstreams[\(index)].private_key", &upstreams[index].privateKey)
            guard var registration = upstreams[index].registration else { continue }
            update("upstreams[\(index)].registration.initial_access_token", &registration.initialAccessToken)
            upstreams[index].registration = registration
        }
        for index in resources.indices {
            update("resources[\(index)].client_secret", &resources[index].clientSecret)
        }
        for index in clients.indices {
            update("clients[\(index)].client_secret", &clients[index].clientSecret)
        }
    }
}
