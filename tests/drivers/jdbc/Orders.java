// pgjdbc as people use it: statements prepared on the server (S_1, S_2, ...), transactions, a result read bit by bit,
// notifications. Run with `java -cp postgresql.jar Orders.java`. See ../driver.py for what it prints.

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.StringJoiner;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.postgresql.PGStatement;

public class Orders {
  static final int REST = 10;  // ms between two rows
  static final int OFTEN = 7;  // more than prepareThreshold
  static final String CLIENT = "jdbc";

  final Connection connection;
  final PreparedStatement insert;
  final PreparedStatement count;
  final List<String> notified = new ArrayList<>();
  long number = 0;

  Orders(Connection connection) throws SQLException {
    this.connection = connection;
    for (String sql : System.getenv("SETUP").split("\n")) run(sql.replace("CLIENT", CLIENT));
    insert = connection.prepareStatement("INSERT INTO orders (client, n) VALUES (?, ?)");
    count = connection.prepareStatement("SELECT n FROM orders WHERE client = ? ORDER BY n DESC LIMIT ?");
    count.setFetchSize(2);  // in a transaction: a named portal, read bit by bit
  }

  void run(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  void insert(long n) throws SQLException {
    insert.setString(1, CLIENT);
    insert.setLong(2, n);
    insert.executeUpdate();
  }

  /** One row by itself, two in a transaction that also reads; one that is rolled back. */
  void write() throws SQLException {
    insert(++number);
    acknowledge(number);
    connection.setAutoCommit(false);
    insert(number + 1);
    read();
    insert(number + 2);
    connection.commit();
    acknowledge(++number);
    acknowledge(++number);
    insert(0);
    connection.rollback();
    connection.setAutoCommit(true);
    listen();
  }

  void read() throws SQLException {
    count.setString(1, CLIENT);
    count.setInt(2, 5);
    try (ResultSet rows = count.executeQuery()) {
      for (long expected = number + 1; rows.next(); --expected)
        if (rows.getLong(1) != expected) throw new IllegalStateException(expected + " is missing");
    }
  }

  void listen() throws SQLException {
    PGNotification[] heard = connection.unwrap(PGConnection.class).getNotifications();
    if (heard == null) return;
    for (PGNotification each : heard) notified.add('"' + each.getParameter() + '"');
  }

  void acknowledge(long n) {
    say("{\"event\": \"row\", \"client\": \"" + CLIENT + "\", \"n\": " + n + "}");
  }

  String session() throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.unwrap(PGStatement.class).setPrepareThreshold(0);
      ResultSet rows = statement.executeQuery(System.getenv("SESSION"));
      rows.next();
      return "\"sessions\": {\"" + CLIENT + "\": " + rows.getString(1).replace("\n", " ") + "}";
    }
  }

  static synchronized void say(String line) {
    System.out.println(line);
    System.out.flush();
  }

  static CountDownLatch endOfInput() {
    CountDownLatch over = new CountDownLatch(1);
    Thread reader = new Thread(() -> {
      try {
        System.in.readAllBytes();
      } catch (java.io.IOException gone) {
        // over, then
      }
      over.countDown();
    });
    reader.setDaemon(true);
    reader.start();
    return over;
  }

  public static void main(String[] arguments) throws Exception {
    Properties properties = new Properties();
    properties.setProperty("user", System.getenv("PGUSER"));
    properties.setProperty("password", System.getenv("PGPASSWORD"));
    properties.setProperty("sslmode", System.getenv("PGSSLMODE"));
    properties.setProperty("prepareThreshold", "3");
    properties.setProperty("autosave", "never");
    String url = "jdbc:postgresql://" + System.getenv("PGHOST") + ":" + System.getenv("PGPORT") + "/" + System.getenv("PGDATABASE");
    CountDownLatch over = endOfInput();
    try (Connection connection = DriverManager.getConnection(url, properties)) {
      Orders orders = new Orders(connection);
      for (int i = 0; i < OFTEN; ++i) orders.write();
      say("{\"event\": \"ready\", " + orders.session() + "}");
      while (!over.await(REST, TimeUnit.MILLISECONDS)) orders.write();
      String session = orders.session();
      orders.listen();
      StringJoiner notified = new StringJoiner(", ");
      for (String each : orders.notified) notified.add(each);
      say("{\"event\": \"end\", " + session + ", \"notified\": {\"" + CLIENT + "\": [" + notified + "]}}");
    }
  }
}
