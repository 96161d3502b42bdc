import Foundation
import ServerConfiguration
import Testing

@testable import ServerCommand

@Suite("The program understands the files of Deploy")
struct DeployConfigurationTests {
    @Test("the package's sample is valid, and asks only who may log in")
    func sample() throws {
        let configuration = try DeployFiles.configuration(try DeployFiles.text("gatehouse.yaml"))
        #expect(configuration.storage.directory == "/var/lib/gatehouse")
        // Only the operator can decide who may log in, so that the sample leaves it out.
        #expect(configuration.warnings.map(\.path) == ["upstreams[0].required_claims"])
        #expect(!configuration.trustedProxies.isEmpty)
    }

    @Test("the unit's credentials, directories and time limits fit the sample and the program")
    func unit() throws {
        let unit = try DeployFiles.text("systemd/gatehouse.service")
        let lines = Set(unit.split(separator: "\n").map(String.init))
        for line in [
            "Type=notify", "NotifyAccess=main", "User=gatehouse", "StateDirectory=gatehouse", "NoNewPrivileges=yes",
            "ProtectSystem=strict", "CapabilityBoundingSet=", "MemoryDenyWriteExecute=yes", "LimitCORE=0",
            "LoadCredential=gatehouse:/etc/gatehouse/credentials",
        ] { #expect(lines.contains(line)) }
        let descriptors = try #require(unit.firstMatch(of: /LimitNOFILE=(\d+)/)).1
        #expect(try #require(Int(descriptors)) >= Configuration.Limits().connections + 1024)
        // Requests drain for 10 s, then background work for 30 s.
        let stop = try #require(unit.firstMatch(of: /TimeoutStopSec=(\d+)/)).1
        #expect(try #require(Int(stop)) > 40)
        let sample = try DeployFiles.text("gatehouse.yaml")
        for match in sample.matches(of: /\{file: ([^}]+)\}/) {
            #expect(match.1.hasPrefix("/run/credentials/gatehouse.service/gatehouse_"))
        }
        let command = try #require(unit.firstMatch(of: /ExecStart=\/usr\/bin\/gatehouse (.*)/)).1
        #expect(command == "serve --config /etc/gatehouse/gatehouse.yaml")
    }

    @Test("systemd accepts the unit and rates its exposure low")
    func systemdAcceptsUnit() throws {
        guard FileManager.default.isExecutableFile(atPath: "/usr/bin/systemd-analyze") else { return }
        let unit = DeployFiles.folder.appending(path: "systemd/gatehouse.service").path()
        let rating = try DeployFiles.run(["systemd-analyze", "security", "--offline=true", "--threshold=20", unit])
        #expect(rating.status == 0, "\(rating.output)")
        let verdict = try DeployFiles.run(["systemd-analyze", "verify", "--man=no", unit])
        let objections = verdict.output.split(separator: "\n").filter {
            $0.hasPrefix("gatehouse.service:") && !$0.contains("is not executable")
        }
        #expect(objections.isEmpty)
    }

    @Test("the container file runs as an unprivileged user, on a root that may be read-only, from pinned bases")
    func container() throws {
        let text = try DeployFiles.text("Container/Containerfile")
        let stages = text.split(separator: "\nFROM ")
        #expect(stages.count == 3 || stages.count == 2)
        let last = try #require(stages.last)
        #expect(last.contains("\nUSER 65532:65532\n") && last.contains("\nVOLUME /var/lib/gatehouse\n"))
        #expect(!last.contains("swift") && !text.contains(":latest") && !text.contains("ADD "))
        let copied = text.matches(of: /COPY (?!--from)([^\n]+) [^\s]+\n/).flatMap { $0.1.split(separator: " ") }
        let root = DeployFiles.folder.deletingLastPathComponent()
        for source in copied { #expect(FileManager.default.fileExists(atPath: root.appending(path: source).path())) }
        let arguments = try #require(last.firstMatch(of: /CMD \["serve", "--config", "([^"]+)"\]/))
        #expect(arguments.1 == "/etc/gatehouse/gatehouse.yaml")
        // The image contains the libraries that the release build links and the Debian package depends on.
        let control = try DeployFiles.text("Debian/control")
        for library in [
            "libcurl4", "libjemalloc2", "libssl3", "libstdc++6", "libyaml-0-2", "zlib1g", "ca-certificates",
        ] {
            #expect(last.contains(library) && control.contains(library))
        }
    }
}
