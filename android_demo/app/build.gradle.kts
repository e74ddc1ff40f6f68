plugins {
    alias(libs.plugins.android.application) // brings Kotlin
}

android {
    namespace = "plumb.app"
    compileSdk = 36

    defaultConfig {
        applicationId = "plumb.app"
        minSdk = 26
        targetSdk = 36
        versionCode = 1
        versionName = "0.1"
    }

    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_11
        targetCompatibility = JavaVersion.VERSION_11
    }

    androidResources {
        noCompress += "tflite" // LiteRT maps the file where it lies in the APK
    }
}

dependencies {
    implementation(project(":core"))
    implementation(libs.litert)
}

/** What `python -m export.all` wrote, as assets: models/NAME/model.json and its .tflite files. */
abstract class CopyModels : DefaultTask() {
    @get:Internal
    abstract val artifacts: DirectoryProperty

    @get:Input
    abstract val names: ListProperty<String>

    @get:InputFiles
    @get:PathSensitive(PathSensitivity.RELATIVE)
    abstract val files: ConfigurableFileCollection

    @get:OutputDirectory
    abstract val output: DirectoryProperty

    @TaskAction
    fun copy() {
        val target = output.get().dir("models").asFile
        target.deleteRecursively()
        for (name in names.get()) {
            val folder = artifacts.get().dir(name).asFile
            val found = folder.listFiles { file -> file.name == "model.json" || file.extension == "tflite" }.orEmpty()
            if (found.map { it.extension }.toSet() != setOf("json", "tflite")) {
                throw GradleException("$folder holds no exported model: run `python -m export.all` in ${artifacts.get().asFile.parent}")
            }
            found.forEach { it.copyTo(target.resolve(name).resolve(it.name), overwrite = true) }
        }
    }
}

val shipped = listOf("mn", "lite0")
val exported: Directory = rootProject.layout.projectDirectory.dir("../artifacts")
val copyModels = tasks.register<CopyModels>("copyModels") {
    artifacts = exported
    names = shipped
    files.from(shipped.map { name -> fileTree(exported.dir(name)) { include("model.json", "*.tflite") } })
}

androidComponents {
    onVariants { variant ->
        variant.sources.assets?.addGeneratedSourceDirectory(copyModels, CopyModels::output)
    }
}
