package dev.visionmamba.zoo.download;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GoogleDriveTest {
  private static final URI SHARED =
      URI.create("https://drive.google.com/file/d/1zat4-1npC-kvVkDsCDp--c5Sou7gn5Uj/view");
  private static final String HTML = "Content-Type: text/html; charset=utf-8";

  @TempDir private Path cache;

  /** Drive's question, as it asks it before a file that is too large for its virus scan. */
  private static byte[] question(String action) {
    return Toy.text(
        "<!DOCTYPE html><html><head><title>Google Drive - Virus scan warning</title></head><body>"
            + "<form id=\"other\" action=\"/search\"><input type=\"hidden\" name=\"q\""
            + " value=\"no\"></form>"
            + "<form id=\"download-form\" action=\""
            + action
            + "\" method=\"get\"><input type=\"submit\" id=\"uc-download-link\" value=\"Download"
            + " anyway\"/><input type=\"hidden\" name=\"id\""
            + " value=\"1zat4-1npC-kvVkDsCDp--c5Sou7gn5Uj\">"
            + "<input value=\"download\" type=\"hidden\" name=\"export\">"
            + "<input type=\"hidden\" name=\"confirm\" value=\"t&amp;x\">"
            + "<input type=\"hidden\" name=\"uuid\" value=\"0b6a-4d\"></form></body></html>");
  }

  private Path fetch(ScriptedServer server) throws Exception {
    String drive = "https://drive.usercontent.google.com=" + server.url("");
    DownloadOptions options = Toy.options(cache).withMirrors(Mirrors.parse(drive));
    return Toy.downloader(options, new ArrayList<>()).fetch(Toy.at(SHARED), DownloadListener.NONE);
  }

  @Test
  void smallFilesComeAtOnce() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer((request, reply) -> reply.serve(request, Toy.BYTES))) {
      assertThat(fetch(server)).hasBinaryContent(Toy.BYTES);
      assertThat(server.requests().get(0).target())
          .isEqualTo("/download?id=1zat4-1npC-kvVkDsCDp--c5Sou7gn5Uj&export=download");
    }
  }

  @Test
  void theQuestionBeforeLargeFilesIsAnsweredEachTime() throws Exception {
    AtomicInteger parts = new AtomicInteger();
    try (ScriptedServer server =
        new ScriptedServer(
            (request, reply) -> {
              if (!request.target().contains("confirm=")) {
                reply.send(
                    200, question("https://drive.usercontent.google.com/download?no=1"), HTML);
              } else if (parts.getAndIncrement() == 0) {
                reply.head(200, "Content-Length: " + Toy.BYTES.length, "ETag: \"d\"");
                reply.body(Toy.BYTES, 0, 1000);
              } else {
                reply.serve(request, Toy.BYTES, "ETag: \"d\"");
              }
            })) {
      assertThat(fetch(server)).hasBinaryContent(Toy.BYTES);
      assertThat(server.requests()).hasSize(4);
      assertThat(server.requests().get(1).target())
          .isEqualTo(
              "/download?id=1zat4-1npC-kvVkDsCDp--c5Sou7gn5Uj&export=download"
                  + "&confirm=t%26x&uuid=0b6a-4d");
      assertThat(server.requests().get(3).rangeStart()).isEqualTo(1000);
    }
  }

  @Test
  void aQuestionThatIsAskedAgainIsACircle() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer((request, reply) -> reply.send(200, question("/download"), HTML))) {
      assertThatThrownBy(() -> fetch(server))
          .isInstanceOf(DownloadException.class)
          .hasMessageContaining("circle");
    }
  }

  @Test
  void tooManyDownloadsAreSaid() throws Exception {
    byte[] page = Toy.text("<html><title>Google Drive - Quota exceeded</title></html>");
    try (ScriptedServer server =
        new ScriptedServer((request, reply) -> reply.send(200, page, HTML))) {
      assertThatThrownBy(() -> fetch(server))
          .isInstanceOf(DownloadException.class)
          .hasMessageContainingAll("too many people", "tomorrow", "mirror");
    }
  }

  @Test
  void onlySharedFilesAreTranslated() {
    for (String other :
        new String[] {
          "https://drive.google.com/drive/folders/1DNoad", "https://github.com/file/d/x/view"
        }) {
      assertThat(GoogleDrive.direct(URI.create(other))).hasToString(other);
    }
  }
}
