package plumb.app

import android.app.Activity
import android.app.AlertDialog
import plumb.core.Delegate

/** The dialogs in which model, delegate and threads are chosen; `chosen` is called after each choice. */
class Choices(private val activity: Activity, private val preferences: Preferences, private val chosen: () -> Unit) {
    fun show(models: List<FoundModel>) {
        val items = arrayOf(R.string.choose_model, R.string.choose_delegate, R.string.choose_threads, R.string.about_model)
        AlertDialog.Builder(activity)
            .setTitle(R.string.model)
            .setItems(items.map { activity.getString(it) }.toTypedArray()) { _, item ->
                when (item) {
                    0 -> chooseModel(models)
                    1 -> pick(R.string.choose_delegate, Delegate.values().toList(), preferences.delegate) { preferences.delegate = it }
                    2 -> pick(R.string.choose_threads, Preferences.THREADS, preferences.threads) { preferences.threads = it }
                    else -> about(models)
                }
            }.show()
    }

    private fun chooseModel(models: List<FoundModel>) {
        val all = choices(models)
        val refused = models.mapNotNull { it.problem }
        AlertDialog.Builder(activity)
            .setTitle(R.string.choose_model)
            .setItems((all.map { it.label } + refused).toTypedArray()) { _, i ->
                if (i < all.size) take { preferences.model = all[i].key } else say(refused[i - all.size])
            }.show()
    }

    private fun <T> pick(title: Int, values: List<T>, now: T, take: (T) -> Unit) {
        AlertDialog.Builder(activity)
            .setTitle(title)
            .setSingleChoiceItems(values.map { "$it" }.toTypedArray(), values.indexOf(now)) { dialog, i ->
                dialog.dismiss()
                take { take(values[i]) }
            }.show()
    }

    private fun about(models: List<FoundModel>) {
        val choice = choices(models).let { all -> all.find { it.key == preferences.model } ?: all.firstOrNull() }
        val manifest = choice?.manifest ?: return say(activity.getString(R.string.no_model))
        say(
            activity.getString(
                R.string.about_text, choice.label, manifest.version, manifest.params / 1e6, manifest.madds / 1e9,
                manifest.trainedOn.joinToString(), manifest.licence,
            ),
        )
    }

    private fun say(text: String) {
        AlertDialog.Builder(activity).setMessage(text).setPositiveButton(android.R.string.ok, null).show()
    }

    private fun take(change: () -> Unit) {
        change()
        chosen()
    }
}
