import org.jetbrains.kotlin.gradle.dsl.JvmTarget

plugins {
    alias(libs.plugins.kotlin.jvm)
}

java {
    sourceCompatibility = JavaVersion.VERSION_11
    targetCompatibility = JavaVersion.VERSION_11
}

kotlin {
    compilerOptions {
        jvmTarget = JvmTarget.JVM_11
    }
}

dependencies {
    testImplementation(libs.junit)
}

// Tests whose files are not there are skipped; `make test-android` in the folder above runs all of them.
tasks.test {
    val repository = rootProject.layout.projectDirectory.dir("..")
    systemProperty("plumb.golden", repository.dir("artifacts/mn/golden").asFile.path)
    systemProperty("plumb.manifests", repository.dir("tests/data/manifest").asFile.path)
}
