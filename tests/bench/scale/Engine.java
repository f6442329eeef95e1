import java.nio.file.Files;
import java.nio.file.Path;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import software.amazon.dynamodb.services.local.main.ServerRunner;

/** DynamoDB Local on loopback alone, on a port of its own choice; its own main listens on every address. */
public class Engine {
    public static void main(String[] arguments) throws Exception {
        var engine = ServerRunner.createServerFromCommandLineArgs(
            new String[] {"-inMemory", "-sharedDb", "-disableTelemetry"});
        ServerConnector connector = null;
        for (var field : engine.getClass().getDeclaredFields()) {
            field.setAccessible(true);
            if (field.get(engine) instanceof Server server)
                for (var found : server.getConnectors())
                    if (found instanceof ServerConnector http) connector = http;
        }
        connector.setHost("127.0.0.1");
        connector.setPort(0);
        engine.start();
        Path written = Files.createTempFile(Path.of(arguments[0]).getParent(), "port", null);
        Files.writeString(written, String.valueOf(connector.getLocalPort()));
        Files.move(written, Path.of(arguments[0]));
        while (System.in.read() >= 0) {}  // ends with the process that started it
        System.exit(0);
    }
}
