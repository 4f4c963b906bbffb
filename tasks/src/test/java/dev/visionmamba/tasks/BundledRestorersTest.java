package dev.visionmamba.tasks;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import dev.visionmamba.tasks.image.DeepImage;
import dev.visionmamba.tasks.image.Levels;
import dev.visionmamba.tasks.restoration.Degradation;
import dev.visionmamba.tasks.training.PictureFolder;
import dev.visionmamba.tasks.training.RestorationScore;
import dev.visionmamba.tasks.training.RestorerEvaluation;
import dev.visionmamba.zoo.ModelCatalogue;
import dev.visionmamba.zoo.RestorerModel;
import dev.visionmamba.zoo.catalogue.Task;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The bundled restorers, on a part of a photograph that they have not learned from. */
class BundledRestorersTest {
  @TempDir private Path folder;

  @BeforeEach
  void copy() throws Exception {
    Path photograph =
        Path.of(BundledRestorersTest.class.getResource("photographs/life.png").toURI());
    Files.copy(photograph, folder.resolve("life.png"));
  }

  private RestorationScore score(String name) throws Exception {
    assertThat(ModelCatalogue.bundled(Task.RESTORATION)).contains(name);
    try (RestorerModel model = ModelCatalogue.loadRestorer(name, Device.cpu())) {
      Degradation bad = Degradation.of(model.description().notes().get("degradation"));
      PictureFolder pictures = PictureFolder.open(folder, model.network().channels());
      return RestorerEvaluation.run(model, pictures, bad, Integer.MAX_VALUE, 1, done -> {});
    }
  }

  @Test
  void theDenoiserTakesNoiseOff() throws Exception {
    assertThat(score("vmamba_micro.photographs_noise25").gain()).isGreaterThan(6);
  }

  @Test
  void theSuperResolverIsBetterThanBicubic() throws Exception {
    assertThat(score("vmamba_micro.photographs_x2").gain()).isGreaterThan(1);
  }

  /** Where tiles share pixels, and everywhere else. */
  @ParameterizedTest
  @ValueSource(strings = {"vmamba_micro.photographs_noise25", "vmamba_micro.photographs_x2"})
  void tilesAgreeWithTheWholeWithinALevel(String name) throws Exception {
    DeepImage picture = DeepImage.read(folder.resolve("life.png"));
    try (ImageRestorer restorer = ImageRestorer.load(name)) {
      Levels whole = restorer.restore(picture).levels();
      RestorerOptions options = RestorerOptions.DEFAULT.withTiles(96, 32);
      List<Integer> tiles = new ArrayList<>();
      Levels tiled = restorer.restore(picture, options, (done, all) -> tiles.add(all)).levels();
      assertThat(tiles).hasSizeGreaterThan(4);
      assertThat(tiled.length()).isEqualTo(whole.length());
      for (int i = 0; i < whole.length(); i++) {
        assertThat(tiled.get(i)).as("level %d", i).isBetween(whole.get(i) - 1, whole.get(i) + 1);
      }
    }
  }
}
