import ServerConfiguration
import SocketHTTP
import Testing

@testable import ServerCommand

@Suite("The Kubernetes manifests")
struct KubernetesManifestTests {
    private static func documents() throws -> [String: ConfigurationNode] {
        let documents = try DeployFiles.documents("Kubernetes/gatehouse.yaml")
        return Dictionary(documents.map { ($0.at("kind")?.text ?? "", $0) }) { first, _ in first }
    }

    @Test("have the versions of their kinds, and one name and label")
    func kinds() throws {
        let versions = [
            "ConfigMap": "v1", "Service": "v1", "StatefulSet": "apps/v1", "NetworkPolicy": "networking.k8s.io/v1",
        ]
        let documents = try Self.documents()
        #expect(Set(documents.keys) == Set(versions.keys))
        for (kind, document) in documents {
            #expect(document.at("apiVersion")?.text == versions[kind])
            #expect(document.at("metadata", "name")?.text?.hasPrefix("gatehouse") == true)
            #expect(document.at("metadata", "labels", "app.kubernetes.io/name")?.text == "gatehouse")
        }
    }

    @Test("run one pod without privileges, whose probes, ports and volumes exist")
    func pod() throws {
        let set = try #require(try Self.documents()["StatefulSet"])
        #expect(set.at("spec", "replicas")?.text == "1")
        #expect(
            set.at("spec", "selector", "matchLabels", "app.kubernetes.io/name")?.text
                == set.at("spec", "template", "metadata", "labels", "app.kubernetes.io/name")?.text
        )
        let pod = try #require(set.at("spec", "template", "spec"))
        let container = try #require(pod.at("containers", "0"))
        #expect(pod.at("securityContext", "runAsNonRoot")?.text == "true")
        #expect(pod.at("automountServiceAccountToken")?.text == "false")
        #expect(container.at("securityContext", "readOnlyRootFilesystem")?.text == "true")
        #expect(container.at("securityContext", "allowPrivilegeEscalation")?.text == "false")
        #expect(container.at("securityContext", "capabilities", "drop", "0")?.text == "ALL")
        let ports = Set(container.at("ports")?.values.compactMap { $0.at("name")?.text } ?? [])
        for probe in ["startupProbe", "readinessProbe", "livenessProbe"] {
            #expect(ports.contains(container.at(probe, "httpGet", "port")?.text ?? ""))
            #expect(["/health/ready", "/health/live"].contains(container.at(probe, "httpGet", "path")?.text))
        }
        let volumes = Set(
            (pod.at("volumes")?.values.compactMap { $0.at("name")?.text } ?? [])
                + (set.at("spec", "volumeClaimTemplates")?.values.compactMap { $0.at("metadata", "name")?.text } ?? [])
        )
        let mounts = container.at("volumeMounts")?.values ?? []
        #expect(Set(mounts.compactMap { $0.at("name")?.text }) == volumes)
        let arguments = container.at("args")?.values.compactMap(\.text) ?? []
        #expect(arguments == ["serve", "--config", "/etc/gatehouse/gatehouse.yaml"])
        // The server drains for 10 s and settles background work for 30 s.
        #expect(try #require(Int(pod.at("terminationGracePeriodSeconds")?.text ?? "")) > 40)
    }

    @Test("the line that they propose for administration is valid, and its token comes from the mounted Secret")
    func administration() throws {
        let documents = try Self.documents()
        let text = try #require(documents["ConfigMap"]?.at("data", "gatehouse.yaml")?.text)
        let lines = text.split(separator: "\n")
        let proposed = try #require(lines.first { $0.hasPrefix("# management: ") }).dropFirst("# ".count)
        let plain = try #require(lines.first { $0.hasPrefix("management: ") })
        let configuration = try DeployFiles.configuration(text.replacing(plain, with: proposed))
        #expect(configuration.management.adminToken != nil)
        #expect(configuration.management.address == (try DeployFiles.configuration(text)).management.address)
        let container = documents["StatefulSet"]?.at("spec", "template", "spec", "containers", "0")
        let mounts = container?.at("volumeMounts")?.values.compactMap { $0.at("mountPath")?.text } ?? []
        #expect(mounts.contains { proposed.contains("{file: \($0)/admin-token}") })
        // The command that the comment names reads the file that is mounted.
        #expect(text.contains("gatehouse status --config /etc/gatehouse/gatehouse.yaml"))
    }

    @Test("their configuration is valid, keeps its state on the volume, and listens where services and policy say")
    func configuration() throws {
        let documents = try Self.documents()
        let text = try #require(documents["ConfigMap"]?.at("data", "gatehouse.yaml")?.text)
        let configuration = try DeployFiles.configuration(text)
        // A directory below the volume's root: that belongs to Kubernetes.
        #expect(configuration.storage.directory == "/var/lib/gatehouse/data")
        #expect(configuration.management.adminToken == nil)
        let ports = documents["StatefulSet"]?.at("spec", "template", "spec", "containers", "0", "ports")?.values ?? []
        let numbers = ports.compactMap { $0.at("containerPort")?.text }
        #expect(
            numbers == [configuration.listen[0].address.port, configuration.management.address.port].map(String.init)
        )
        let policy = try #require(documents["NetworkPolicy"])
        #expect(policy.at("spec", "policyTypes")?.values.compactMap(\.text) == ["Ingress", "Egress"])
        let open = policy.at("spec", "ingress")?.values ?? []
        #expect(open.compactMap { $0.at("ports", "0", "port")?.text } == numbers)
        // Those who may reach the management port are named; the public port is open.
        #expect(open.first?.at("from") == nil && open.last?.at("from", "0") != nil)
    }
}
