import ServerConfiguration

extension ConfiguredFileCheck {
    /// Reads the logo into a configuration; what is wrong with its file is returned, by the key that names it.
    ///
    /// Checked and kept in one reading: a file that is replaced in between must not be served unchecked.
    func readLogo(into configuration: inout Configuration) -> [ConfigurationError] {
        configuration.files.filter { $0.content == .logo }.compactMap { file in
            do throws(HostFiles.Refusal) {
                let bytes = try files.bytes(file.path)
                do throws(LogoImage.Refusal) {
                    configuration.branding.logoFile?.image = try LogoImage(bytes)
                    return nil
                } catch {
                    return ConfigurationError(path: file.key, message: "file \(file.path) \(error.reason)")
                }
            } catch {
                return ConfigurationError(path: file.key, message: "file \(file.path) \(error.reason)")
            }
        }
    }
}
