package plumb.core

import org.junit.runner.Description
import org.junit.runner.JUnitCore
import org.junit.runner.notification.Failure
import org.junit.runner.notification.RunListener
import kotlin.system.exitProcess

/** Runs the test classes that are named, and says how many passed, failed and were not run, each by name. */
fun main(classes: Array<String>) {
    val notRun = ArrayList<String>()
    val core = JUnitCore()
    core.addListener(object : RunListener() {
        override fun testAssumptionFailure(failure: Failure) {
            notRun += "${failure.testHeader}: ${failure.message}"
        }

        override fun testIgnored(description: Description) {
            notRun += "${description.displayName}: ignored"
        }
    })
    val result = core.run(*classes.map { Class.forName(it) }.toTypedArray())
    result.failures.forEach { println("FAILED ${it.testHeader}\n${it.trimmedTrace}") }
    notRun.forEach { println("NOT RUN $it") }
    println("${result.runCount - result.failureCount - notRun.size} passed, ${result.failureCount} failed, ${notRun.size} not run")
    exitProcess(if (result.wasSuccessful() && result.runCount > 0) 0 else 1)
}
