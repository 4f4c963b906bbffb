package dev.visionmamba.tasks.djl;

import ai.djl.repository.Repository;
import ai.djl.repository.zoo.ModelZoo;
import dev.visionmamba.zoo.ModelCatalogue;
import dev.visionmamba.zoo.catalogue.Catalogue;
import dev.visionmamba.zoo.catalogue.CatalogueEntry;
import dev.visionmamba.zoo.catalogue.Task;
import dev.visionmamba.zoo.download.DownloadOptions;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * The bundled and the published classifiers as a DJL model zoo. An artifact is a checkpoint's name,
 * {@code vmamba_tiny_s1l8.imagenet1k}, or its network's alone for the default checkpoint:
 *
 * <pre>
 * Criteria.builder()
 *     .setTypes(Image.class, Classifications.class)
 *     .optGroupId("dev.visionmamba")
 *     .optArtifactId("vmamba_tiny_s1l8")
 *     .build()
 *     .loadModel()
 * </pre>
 */
public final class VisionMambaZoo extends ModelZoo {
  /** The group of all artifacts. */
  public static final String GROUP_ID = "dev.visionmamba";

  /** A zoo of all models that load by name. */
  public VisionMambaZoo() {
    Repository repository =
        Repository.newInstance(GROUP_ID, DownloadOptions.ofEnvironment().cache());
    for (String name : names()) {
      addModel(new VisionMambaModelLoader(repository, name));
    }
  }

  private static Set<String> names() {
    Set<String> names = new LinkedHashSet<>(ModelCatalogue.bundled(Task.CLASSIFICATION));
    for (CatalogueEntry entry : Catalogue.published().entries()) {
      if (entry.task() == Task.CLASSIFICATION) {
        names.add(entry.name());
        names.add(entry.network());
      }
    }
    return names;
  }

  @Override
  public String getGroupId() {
    return GROUP_ID;
  }

  @Override
  public Set<String> getSupportedEngines() {
    return Set.of("PyTorch");
  }
}
