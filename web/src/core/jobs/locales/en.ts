/** By the code a job fails with: what happened, and what to do now. */
export default {
  both: '{what} {advice}',
  technical: 'What the other side said',
  waitSeconds: 'It accepts another try in {n} s.',
  unknown: { what: 'Something went wrong ({code}).', advice: 'Try again; if it happens once more, tell the administrator.' },
  // The job engine
  internal_error: { what: 'The server made a mistake.', advice: 'It is logged. Try again, or report it.' },
  payload_invalid: { what: 'This was asked for by another version of the product.', advice: 'Ask for it again.' },
  time_limit: { what: 'It took longer than it may.', advice: 'Try again, or ask for less at once.' },
  interrupted_too_often: { what: 'It was interrupted too often, most likely because the worker stopped each time.', advice: 'Tell the administrator, then try again.' },
  // Schedules
  task_unknown: { what: 'This release has no such task.', advice: 'Choose another task for the schedule, or delete it.' },
  job_lost: { what: 'The job is gone, and nobody noted how it ended.', advice: 'Run it again if that matters.' },
  // Services that answer for models
  model_unreachable: { what: 'The model service does not answer.', advice: 'It may be off. Try again, choose another model, or tell the administrator.' },
  model_missing: { what: 'The service does not have this model.', advice: 'Choose another model, or have the administrator load it.' },
  provider_limited: { what: 'The service takes no more requests for the moment.', advice: 'Wait a minute, then try again.' },
  provider_refused: { what: 'The service refused the key that is stored for it.', advice: 'The administrator has to check the key.' },
  provider_timeout: { what: 'The service stopped answering half-way.', advice: 'Try again; it may be overloaded.' },
  provider_broken: { what: 'The service sent something that cannot be understood.', advice: 'Try again. If it stays so, the administrator should test the provider.' },
  provider_error: { what: 'The service made a mistake of its own.', advice: 'Try again in a moment, or choose another model.' },
  provider_gone: { what: 'The provider was switched off or deleted in the meantime.', advice: 'Choose another one and ask again.' },
  key_unreadable: { what: 'The stored key of this provider cannot be read any more.', advice: 'The administrator has to enter it again.' },
  context_too_long: { what: 'The conversation is longer than this model can read.', advice: 'Begin a new one, or choose a model with a longer context.' },
  // Files
  disk_full: { what: 'The disk is nearly full.', advice: 'The administrator has to make room; then try again.' },
  data_export_refused: { what: 'The data could not be exported.', advice: 'The database is not at the schema of this release. Tell the administrator.' },
  // Images
  content_refused: { what: 'The service refuses to draw this.', advice: 'Change the words of your prompt and try again.' },
  quota_exhausted: { what: 'The account at the service is used up.', advice: 'The administrator has to top it up. Another provider may still work.' },
  image_quota_reached: { what: 'Your pictures for today are used up.', advice: 'Go on tomorrow, or ask the administrator for more.' },
  disk_budget: { what: 'There is no room left for pictures.', advice: 'Delete some that you no longer need, or ask the administrator for more.' },
  // Workbooks
  file_empty: { what: 'The file is empty.', advice: 'Choose another one.' },
  file_type: { what: 'This is no .xlsx workbook.', advice: 'Save it as one and try again.' },
  file_encrypted: { what: 'The workbook is protected with a password.', advice: 'Save it without one and try again.' },
  file_macros: { what: 'The workbook has macros.', advice: 'Save it as .xlsx, which has none, and try again.' },
  file_bomb: { what: 'The file is far larger unpacked than a list can be.', advice: 'Copy the rows into the template and try again.' },
  file_damaged: { what: 'The file is damaged and cannot be read.', advice: 'Save it anew in a spreadsheet program and try again.' },
  sheet_too_large: { what: 'The sheet has more cells than can be read at once.', advice: 'Remove empty rows and columns at its end, or split it.' },
  too_many_rows: { what: 'There are more rows than may be imported at once.', advice: 'Split the file.' },
  no_rows: { what: 'There is no row below the headings.', advice: 'Fill in some rows and try again.' },
  headings_missing: { what: 'The first row must have the headings of the template.', advice: 'Download the template and compare.' },
  headings_twice: { what: 'A heading stands there twice.', advice: 'Remove one of the two columns.' },
  wrong_sheet: { what: 'These are the headings of another list.', advice: 'Choose that list above, or another file.' },
  permission_denied: { what: 'Your account may not do this.', advice: 'Ask an administrator to grant it.' },
  cancelled: { what: 'It was cancelled.', advice: 'Start it again when you like.' },
}
