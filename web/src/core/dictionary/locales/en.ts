/** Labels of the dictionaries that every installation starts with; people may write their own over them. */
export default {
  yes_no: { yes: 'Yes', no: 'No' },
  user_status: { active: 'Active', disabled: 'Disabled', locked: 'Locked' },
  outcome: { success: 'Worked', denied: 'Denied', failed: 'Refused', error: 'Error' },
  activation_state: { unused: 'Unused', active: 'Active', expired: 'Expired', disabled: 'Disabled' },
}
